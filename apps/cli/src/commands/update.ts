import { dirname } from "node:path"
import { isOld, newestWords } from "@spore/api/views"
import { compareVersions } from "@spore/operator/launch"
import type { Context } from "../context.ts"
import { count, formatAgo, formatTime, tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { kindOf, originOf } from "../updates/origin.ts"
import { readUpdates, type Updates } from "../updates/report.ts"

/** What runs, what is newest, and what keeps it from being taken. Nobody is asked. */
export async function run(context: Context): Promise<void> {
  const updates = await readUpdates(context)
  if (context.json) context.output.print(safeJson(viewUpdates(updates)))
  else printForPeople(context, updates)
}

function viewUpdates({ installation, state, live, status }: Updates): object {
  const { version, builtIn, packageFolder } = installation
  return {
    version,
    installed: kindOf(installation),
    package: packageFolder,
    built_in: builtIn.version,
    node_runs: live?.status?.version ?? null,
    current: state.current,
    previous: state.previous === null ? null : (state.previous.version ?? builtIn.version),
    trial: state.trial?.version ?? null,
    refused: Object.entries(state.refused).map(([refused, { reason, at }]) => ({ version: refused, reason, at })),
    update: status,
  }
}

function printForPeople({ output }: Context, updates: Updates): void {
  const { installation, state, live, status } = updates
  const { builtIn } = installation
  const nodeRuns = live?.status?.version ?? null
  const previous = state.previous === null ? null : (state.previous.version ?? builtIn.version)
  printFields(output, [
    ["runs", `${installation.version}, ${originOf(installation)}`],
    ...installedField(updates),
    ...(nodeRuns === null || nodeRuns === installation.version ? [] : [["node", `runs ${nodeRuns}`] as const]),
    ["newest", newestLine(updates)],
    ["channel", `${status.channel}, ${reachedWords(updates)}`],
    ["automatic", status.automatic ? "yes, while a node runs: every 6 h" : `no (${status.why_not})`],
    ...(state.trial === null
      ? []
      : [
          [
            "on trial",
            `${state.trial.version}${attempts(state.trial.attempts)}, undecided (go on with it: spore update apply)`,
          ] as const,
        ]),
    ...(previous === null ? [] : [["before", `${previous} (back to it: spore update rollback)`] as const]),
    // Older ones would not be taken anyway.
    ...Object.entries(state.refused)
      .filter(([version]) => compareVersions(version, installation.version) > 0)
      .map(([version, { reason, at }]) => ["refused", `${version}, ${formatTime(at)}: ${reason}`] as const),
    ...(status.problem === null
      ? []
      : [["problem", `${status.problem.message} (${status.problem.next ?? "spore doctor"})`] as const]),
  ])
}

/** What its installer put there, where an update runs in its place. */
function installedField({ installation }: Updates): [string, string][] {
  const { version, builtIn, isCheckout } = installation
  if (isCheckout || version === builtIn.version) return []
  return [["installed", `${builtIn.version}: ${tilde(dirname(dirname(builtIn.entry)))}`]]
}

function attempts(number: number): string {
  return number === 1 ? "" : ` (${count(number, "attempt")})`
}

function newestLine({ installation, status }: Updates): string {
  const { newest } = status
  if (newest === null) return "not known yet (ask now: spore update check)"
  const old = isOld(status)
  if (newest.standing === "current") {
    return old ? newestWords(newest, old) : `${newest.version}, which is not newer than what runs`
  }
  return `${newestWords(newest, old)}${newest.standing === "newer" && !installation.isCheckout ? " (spore update apply)" : ""}`
}

function reachedWords({ status: { looked_at: looked, reached_at: reached } }: Updates): string {
  if (looked === null) return "never asked"
  if (reached === null) return `asked ${ago(looked)}, never reached`
  return reached === looked ? `answered ${ago(reached)}` : `asked ${ago(looked)}, last answered ${ago(reached)}`
}

function ago(time: number): string {
  return `${formatAgo(Date.now() / 1000 - time)} ago`
}
