import { existsSync } from "node:fs"
import { stat } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { dataPaths, openLocalReader } from "@spore/node/local"
import { messageOf } from "@spore/records"
import { failureOf } from "../errors.ts"
import { count, formatBytes, formatTime } from "../output/format.ts"
import { type Finding, finding } from "./finding.ts"

/** Pages of a larger one are not looked through here: that takes minutes. */
const QUICK_BYTES = 1024 ** 3
/** Peers take records from clocks that are ahead by less. */
const AHEAD_S = 15 * 60

/** Whether it opens, how large it is, whether its pages hang together. It is read only, beside whoever writes to it. */
export async function checkDatabase(dataDir: string, now: number): Promise<Finding[]> {
  const path = dataPaths(dataDir).database
  if (!existsSync(path)) return [finding("database", "warn", "no database yet", "spore init")]
  try {
    const { facts, newest } = await lookInside(dataDir)
    const size = await sizeOf(path)
    return [await integrity(path, `${count(facts, "fact")}, ${formatBytes(size)}`, size), ...clockOf(newest, now)]
  } catch (error) {
    const { code, message, next } = failureOf(error)
    // Whoever writes next brings it to this layout.
    if (code === "database_outdated")
      return [finding("database", "ok", `${message}: the next run brings it up to date`)]
    return [finding("database", "fail", message, next)]
  }
}

async function lookInside(dataDir: string): Promise<{ facts: number; newest: number | null }> {
  const store = await openLocalReader(dataDir)
  try {
    const facts = await store.lastSeq()
    const [last] = await store.changes(Math.max(0, facts - 1), 1)
    return { facts, newest: last?.created ?? null }
  } finally {
    await store.close()
  }
}

async function integrity(path: string, words: string, size: number): Promise<Finding> {
  if (size > QUICK_BYTES) {
    return finding("database", "ok", `${words}; too large to look through here`, "spore db check looks through it")
  }
  const said = quickCheck(path)
  if (said === "ok") return finding("database", "ok", words)
  const next = "spore export --out FILE, move the database away, spore import FILE"
  return finding("database", "fail", `${words}; damaged: ${said}`, next)
}

/** `ok`, or the first thing that is wrong. */
function quickCheck(path: string): string {
  let database: DatabaseSync | null = null
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 })
    const row = database.prepare("pragma quick_check(1)").get()
    return String(row?.["quick_check"] ?? "no answer")
  } catch (error) {
    return messageOf(error)
  } finally {
    database?.close()
  }
}

/** What is here may come from a clock that is right where this one is behind. */
function clockOf(newest: number | null, now: number): Finding[] {
  if (newest === null || newest <= now / 1000 + AHEAD_S) return []
  const message = `the newest fact here is of ${formatTime(newest)}, which this clock has not reached yet`
  return [finding("clock", "warn", message, "set the clock: sudo timedatectl set-ntp true")]
}

async function sizeOf(path: string): Promise<number> {
  const sizes = [path, `${path}-wal`].map(async (one) => (await stat(one).catch(() => null))?.size ?? 0)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
