import { dataPaths } from "@spore/node/local"
import { detectEnv } from "@spore/runner"
import type { Colours, Context } from "../context.ts"
import { cliError, failureOf } from "../errors.ts"
import { type Finding, finding, type Level } from "../doctor/finding.ts"
import {
  checkControl,
  checkKey,
  checkLegacy,
  checkNotices,
  checkPeers,
  checkPorts,
  checkReach,
} from "../doctor/folder.ts"
import { checkDatabase } from "../doctor/database.ts"
import { checkLeftovers } from "../doctor/leftovers.ts"
import { checkLog } from "../doctor/log.ts"
import { checkFolder } from "../doctor/private-files.ts"
import { checkProposer } from "../doctor/proposer.ts"
import { checkService } from "../doctor/service.ts"
import { checkShell } from "../doctor/shell.ts"
import { checkUpdate } from "../doctor/update.ts"
import { checkClock, checkDisk, checkPython, checkRuntime, checkSandbox, checkTools } from "../doctor/machine.ts"
import { findSupervisor } from "../service/claim.ts"
import { askRunning } from "../folder/live.ts"
import { plain, safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { wrap } from "../output/text-width.ts"
import { readSettings } from "../settings/probe-settings.ts"
import { runnerSettings, type Settings } from "../settings/settings.ts"

/** Checks everything a node needs; fails where one check does. Nothing is changed. */
export async function run(context: Context): Promise<void> {
  const { json, output } = context
  const findings = await examine(context)
  if (json) output.print(safeJson({ findings }))
  else if (output.isTerminal) for (const one of findings) printFinding(context, one)
  else printTable(output, COLUMNS, findings)
  const failed = findings.filter(({ level }) => level === "fail")
  const [first] = failed
  if (first === undefined) return
  throw cliError("unhealthy", `${failed.length} of ${findings.length} checks failed: ${checks(failed)}`, {
    next: first.next ?? "see above",
  })
}

async function examine({ dataDir, env, version }: Context): Promise<Finding[]> {
  const now = Date.now()
  const [live, supervisor] = await Promise.all([askRunning(dataDir), findSupervisor(dataDir)])
  const read = await settingsOf(dataDir, env)
  const settings = "settings" in read ? read.settings : null
  const dialsNobody = supervisor?.args.includes("--solo") === true || settings?.peers.length === 0
  const { python, problem } = checkPython(settings?.python)
  const withPython = python === undefined ? {} : { python }
  const machine = detectEnv({ sandbox: "none", ...withPython })
  return [
    checkRuntime(),
    ...(await checkFolder(dataDir)),
    ...checkLegacy(dataDir),
    await checkKey(dataDir),
    ...("finding" in read
      ? [read.finding]
      : [problem ?? finding("config", "ok", dataPaths(dataDir).config), ...(await checkPorts(read.settings, live))]),
    ...(await checkDatabase(dataDir, now)),
    await checkDisk(dataDir),
    checkClock(now),
    ...(await checkSandbox({ ...(settings === null ? {} : runnerSettings(settings)), ...withPython }, machine)),
    ...checkTools(machine),
    ...(settings === null ? [] : await checkProposer(dataDir, env, settings)),
    ...(await checkControl(dataDir, live)),
    ...checkReach(live),
    ...checkPeers(live, dialsNobody),
    ...checkNotices(live),
    ...(await checkService({ dataDir, env })),
    ...(await checkLog(dataDir, now)),
    ...(settings === null ? [] : await checkUpdate({ env, version }, settings.update, now)),
    checkShell(env),
    ...(await checkLeftovers(dataDir, live !== null)),
  ]
}

async function settingsOf(
  dataDir: string,
  env: Context["env"],
): Promise<{ settings: Settings } | { finding: Finding }> {
  try {
    return { settings: await readSettings(dataPaths(dataDir).config, env) }
  } catch (error) {
    const { message, next } = failureOf(error)
    return { finding: finding("config", "fail", message, next) }
  }
}

const COLUMNS = [
  { key: "level", value: (row: Finding) => row.level },
  { key: "check", value: (row: Finding) => row.check },
  { key: "message", value: (row: Finding) => row.message },
  { key: "next", value: (row: Finding) => row.next },
]

/** Where messages begin. */
const INDENT = 18

function printFinding({ output }: Context, { level, check, message, next }: Finding): void {
  const { dim } = output.colours
  const [first = "", ...rest] = wrap(plain(message), output.size().columns - INDENT)
  output.print(`${mark(level, output.colours)} ${check.padEnd(11)}  ${first}`)
  for (const line of rest) output.print(" ".repeat(INDENT) + line)
  // Not wrapped: it is to be copied.
  if (next !== null) output.print(" ".repeat(INDENT) + dim(`next: ${plain(next)}`))
}

function mark(level: Level, { green, yellow, red }: Colours): string {
  if (level === "ok") return green("ok  ")
  return level === "warn" ? yellow("warn") : red("FAIL")
}

function checks(findings: readonly Finding[]): string {
  return findings.map(({ check }) => check).join(", ")
}
