import { existsSync } from "node:fs"
import { lstat, readdir } from "node:fs/promises"
import { join } from "node:path"
import { dataPaths } from "@spore/node/local"
import { count } from "../output/format.ts"
import { type Finding, finding } from "./finding.ts"

/** What ended processes left in the data folder. The next run removes all of it but the remains of a rollback. */
export async function checkLeftovers(dataDir: string, isRunning: boolean): Promise<Finding[]> {
  const found: string[] = []
  const paths = dataPaths(dataDir)
  if (!isRunning) {
    const jobs = await namesIn(paths.jobs)
    if (jobs.length > 0) found.push(count(jobs.length, "job folder"))
    if (await isThere(join(dataDir, "control.sock"))) found.push("a control socket")
    if (existsSync(paths.running)) found.push("the claim of a node")
  }
  const left = found.length === 0 ? [] : [leftFinding(found)]
  return [...left, ...(await checkBackups(join(dataDir, "backups")))]
}

function leftFinding(found: readonly string[]): Finding {
  const message = `a node that was killed left ${found.join(", ")}; the next run removes that`
  return finding("leftovers", "ok", message, "spore run")
}

/** Copies of the database from before a change of its layout, and what was begun of one and never ended. */
async function checkBackups(folder: string): Promise<Finding[]> {
  const names = await namesIn(folder)
  if (names.length === 0) return []
  const begun = names.filter((name) => /(^\.|[.-](part|partial|tmp|draft|new|restoring)([.-]|$))/.test(name))
  if (begun.length === 0) return [finding("backups", "ok", `${count(names.length, "file")} in ${folder}`)]
  const message = `a backup or a rollback of the database was interrupted: ${begun.join(", ")} in ${folder}`
  return [finding("backups", "warn", message, "spore run goes on with it, or makes it anew")]
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
