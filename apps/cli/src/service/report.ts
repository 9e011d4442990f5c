import type { Context } from "../context.ts"
import { formatTime, tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { logPath } from "../run/log-file.ts"
import { startService, type Up } from "./start.ts"

/** Starts a node in the background, with a word where that takes long. */
export function startWith(
  { dataDir, env, output }: Context,
  words: readonly string[],
): ReturnType<typeof startService> {
  const onSlow = (): void => output.tell("still starting; Ctrl-C leaves it to go on, spore logs -f shows what it does")
  return startService({ dataDir, words, env, onSlow })
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
        service: service === null ? null : { pid: service.pid, started_at: service.started_at, args: service.args },
        data_dir: dataDir,
        log,
      }),
    )
    return
  }
  printFields(output, [
    ["node", `process ${running.pid}, since ${formatTime(running.started_at)}${service === null ? ", not in the background" : ""}`],
    ["explorer", running.url ?? "–"],
    ["data", tilde(dataDir)],
    ["log", `${tilde(log)} (spore logs -f)`],
    ...(service === null || service.args.length === 0 ? [] : [["flags", service.args.join(" ")] as const]),
  ])
}
