import { createVersions } from "@spore/operator"
import { chooseProgram } from "@spore/operator/launch"
import { createSpawn, createSupervisor, type SupervisorEvent } from "@spore/operator/supervise"
import { systemClock, unixSeconds } from "@spore/records"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { boundOutput } from "../service/bounded-output.ts"
import { logEvent } from "./event-log.ts"
import { claimService, waitForFolder } from "./folder-claim.ts"
import type { Installation } from "../updates/installation.ts"
import { eventWords } from "./words.ts"

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const
/** The rest is in the log alone: the node's own view is on the terminal meanwhile. */
const TOLD: readonly SupervisorEvent["type"][] = ["rejected", "not_tried", "passed_over", "killed"]

/**
 * Runs `spore run` with this process's arguments as a child, until that ends; gives its exit code.
 *
 * @throws SporeError `already_running`, `folder_unusable`
 */
export async function supervise(
  context: Context,
  { builtIn, updatesFolder: folder }: Installation,
  { isService, restarts }: { isService: boolean; restarts: boolean },
): Promise<number> {
  const { dataDir, env } = context
  const args = process.argv.slice(2)
  const claim = isService ? await claimService(dataDir, { started_at: unixSeconds(systemClock), args }) : null
  const unbound = isService ? boundOutput(dataDir) : null
  // From now on: a signal must not end this process before its child.
  let stops = 0
  let stop = (): void => void (stops += 1)
  for (const signal of SIGNALS) process.on(signal, () => stop())
  try {
    const program = { name: "@spore/cli", entry: "dist/cli.js" }
    const node = process.versions.node
    const versions = folder === null ? null : createVersions({ folder, program, builtIn, node, clock: systemClock })
    const state = await versions?.read()
    if (isService || (state !== undefined && state.trial !== null)) await waitForFolder(dataDir)
    if (stops > 0) return 0
    const supervisor = createSupervisor({
      versions,
      choose: (except) => chooseProgram({ folder, builtIn, except }),
      start: createSpawn({
        execPath: process.execPath,
        execArgv: process.execArgv,
        args,
        env,
        onStderr: (chunk) => void process.stderr.write(chunk),
      }),
      clock: systemClock,
      restarts,
      onEvent: (event) => {
        logEvent(dataDir, event)
        if (!isService && TOLD.includes(event.type)) tell(context, event)
      },
    })
    stop = () => supervisor.stop()
    return await supervisor.ended
  } finally {
    unbound?.()
    claim?.release()
  }
}

function tell({ output, json }: Context, event: SupervisorEvent): void {
  const message = eventWords(event)
  if (json) output.tell(safeJson({ notice: { code: `version_${event.type}`, message, next: "spore update history" } }))
  else output.tell(`notice: ${message}`)
}
