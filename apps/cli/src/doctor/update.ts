import { existsSync } from "node:fs"
import { lstat, readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { compareVersions, isOwnFile } from "@spore/operator/launch"
import { z } from "zod"
import type { Context } from "../context.ts"
import { formatAgo } from "../output/format.ts"
import { ROOT_FILE, type UpdateSettings } from "../settings/update.ts"
import { staleness } from "../updates/staleness.ts"
import { wentBackFrom } from "../updates/standing.ts"
import { type Finding, finding } from "./finding.ts"

/** What is read of the folder of versions; other releases may write more, or less. */
const stateSchema = z.object({
  current: z.string().nullable().default(null),
  trial: z.object({ version: z.string(), attempts: z.number() }).nullable().default(null),
  refused: z.record(z.string(), z.object({ reason: z.string() })).default({}),
  history: z.array(z.object({ version: z.string(), event: z.string() })).default([]),
})
const lookSchema = z.object({
  looked_at: z.number(),
  reached_at: z.number().nullable(),
  asked_since: z.number().nullable().default(null),
  valid_until: z.number().nullable().default(null),
  problem: z.object({ message: z.string(), next: z.string().nullable() }).nullable().default(null),
})

/** Whether this installation keeps itself up to date, when it last could, and which versions it passes over. */
export async function checkUpdate(
  { env, version }: Pick<Context, "env" | "version">,
  settings: UpdateSettings,
  now: number,
): Promise<Finding[]> {
  if (isCheckout()) return [finding("update", "ok", "a checkout of the source, which git updates", "git pull")]
  const folder = env["SPORE_VERSIONS"] ?? join(homedir(), ".spore", "versions")
  if (folder === "none") return [finding("update", "ok", "off: SPORE_VERSIONS=none")]
  return updateFindings(folder, settings, version, now)
}

/**
 * @param folder of versions, which need not be there
 * @param runs the version that runs
 */
export async function updateFindings(
  folder: string,
  { offBy, url }: UpdateSettings,
  runs: string,
  now: number,
): Promise<Finding[]> {
  if (!existsSync(folder)) return [automatic(offBy, url, "")]
  const unsafe = await ownFinding(folder)
  if (unsafe !== null) return [unsafe]
  const look = await read(join(folder, "updates.json"), lookSchema)
  const state = await read(join(folder, "state.json"), stateSchema)
  const seen = look === null ? "; not looked yet" : lookWords(look, now)
  return [
    automatic(offBy, url, seen),
    ...(look === null ? [] : lookFindings(look, offBy === null, now)),
    ...(existsSync(join(folder, "state.json")) && state === null
      ? [
          finding(
            "update",
            "warn",
            `${folder}/state.json cannot be read: what was installed runs`,
            "spore update check",
          ),
        ]
      : []),
    ...stateFindings(state, runs),
    ...rootFindings(join(folder, ROOT_FILE)),
  ]
}

function automatic(offBy: string | null, url: string, seen: string): Finding {
  if (offBy === null) return finding("update", "ok", `by itself, from ${url}${seen}`)
  return finding("update", "ok", `not by itself (${offBy})${seen}`, "spore update check")
}

function lookFindings(look: z.infer<typeof lookSchema>, isAutomatic: boolean, now: number): Finding[] {
  const problem = look.problem ?? (isAutomatic ? staleness(look, now / 1000) : null)
  return problem === null ? [] : [finding("update", "warn", problem.message, problem.next)]
}

function lookWords({ looked_at: looked, reached_at: reached }: z.infer<typeof lookSchema>, now: number): string {
  const answered = reached === null ? "never reached" : `last reached ${formatAgo(now / 1000 - reached)} ago`
  return `; looked ${formatAgo(now / 1000 - looked)} ago, ${answered}`
}

function stateFindings(state: z.infer<typeof stateSchema> | null, runs: string): Finding[] {
  if (state === null) return []
  const { trial, refused, history } = state
  return [
    ...(trial === null
      ? []
      : [finding("update", "ok", `version ${trial.version} is on trial, for the ${trial.attempts}. time`)]),
    // Older ones would not be taken anyway, and what the user went back from is meant so.
    ...Object.entries(refused)
      .filter(([version]) => compareVersions(version, runs) > 0)
      .map(([version, { reason }]) => {
        const level = wentBackFrom(version, history) ? "ok" : "warn"
        return finding("update", level, `version ${version} is passed over: ${reason}`, "spore update history")
      }),
  ]
}

function rootFindings(path: string): Finding[] {
  if (!existsSync(path) || isOwnFile(path)) return []
  const message = `${path} is not yours alone: the root of trust that came with the program counts`
  return [finding("update", "warn", message, "spore update trust FILE, or spore update trust --official")]
}

/** What somebody else could put there would run with this user's rights: the launcher leaves it alone. */
async function ownFinding(folder: string): Promise<Finding | null> {
  const found = await lstat(folder)
  const isOwn = process.getuid === undefined || found.uid === process.getuid()
  if (isOwn && (found.mode & 0o022) === 0) return null
  const message = `${folder} is not yours alone: versions in it are not run`
  return finding("update", "warn", message, `chmod go-w ${folder}; it must be yours: chown`)
}

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    const parsed = schema.safeParse(JSON.parse(await readFile(path, "utf8")))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** `src` lies beside `dist` there, and in no package. */
function isCheckout(): boolean {
  return existsSync(new URL("../../src/", import.meta.url))
}
