import process from "node:process"
import type { Context } from "../context.ts"
import { cliError, EXIT } from "../errors.ts"
import { formatTime, tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { logPath } from "../logs/path.ts"
import { flagsOf } from "./claim.ts"
import { installedUnit, isActive, systemctl } from "./manager.ts"
import { startService, type Up } from "./start.ts"
import { holdersOf, stopNode, type Stopped } from "./stop.ts"

/**
 * Starts a node in the background, with a word where that takes long; by systemd, where it was installed there.
 *
 * @throws SporeError as startService, and `bad_usage` for flags of a node that systemd starts with its own
 */
export async function startWith(context: Context, words: readonly string[]): Promise<Up & { readonly isNew: boolean }> {
  const { dataDir, env, output } = context
  const unit = await installedUnit(context)
  if (unit !== null) refuseFlags(unit, words)
  const onSlow = (): void => output.tell("still starting; Ctrl-C leaves it to go on, spore logs -f shows what it does")
  const leave = (): void => {
    output.tell("it goes on starting in the background: spore status, or spore stop to end it")
    process.exit(EXIT.interrupted)
  }
  process.once("SIGINT", leave)
  try {
    return await startService({ dataDir, words, env, unit, onSlow })
  } finally {
    process.off("SIGINT", leave)
  }
}

/** Ends the node that runs on the data folder; of systemd's, systemd is told, or it would start a killed one again. */
export async function stopWith(context: Context): Promise<Stopped | null> {
  const { dataDir, env } = context
  const unit = await installedUnit(context)
  if (unit === null || !(await isActive(env, unit))) return stopNode({ dataDir })
  const pids = await holdersOf(dataDir)
  await systemctl(env, "stop", unit)
  return (await stopNode({ dataDir })) ?? { pids, killed: false }
}

/** @throws SporeError `bad_usage` where a unit is to have other flags than it was installed with */
export function refuseFlags(unit: string, words: readonly string[]): void {
  if (words.length === 0) return
  throw cliError("bad_usage", `systemd starts this node (${unit}), with the flags it was installed with`, {
    next: "spore stop; then spore service install FLAGS",
  })
}

/** Says where a node runs. */
export function printUp({ dataDir, json, output }: Context, up: Up & { readonly isNew: boolean }): void {
  const { running, service, isNew } = up
  const log = logPath(dataDir)
  if (json) {
    output.print(
      safeJson({
        started: isNew,
        pid: running.pid,
        url: running.url,
        started_at: running.started_at,
        service: service === null ? null : { pid: service.pid, started_at: service.started_at, args: flagsOf(service) },
        data_dir: dataDir,
        log,
      }),
    )
    return
  }
  printFields(output, [
    [
      "node",
      `process ${running.pid}, since ${formatTime(running.started_at)}${service === null ? ", not in the background" : ""}`,
    ],
    ["explorer", running.url ?? "–"],
    ["data", tilde(dataDir)],
    ["log", `${tilde(log)} (spore logs -f)`],
    ...(service === null || flagsOf(service).length === 0 ? [] : [["flags", flagsOf(service).join(" ")] as const]),
  ])
}
