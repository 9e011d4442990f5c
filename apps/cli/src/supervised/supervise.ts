import { createVersions } from "@spore/operator"
import { chooseProgram } from "@spore/operator/launch"
import { createSpawn, createSupervisor, type SupervisorEvent } from "@spore/operator/supervise"
import { systemClock, unixSeconds } from "@spore/records"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { boundOutput } from "../service/bounded-output.ts"
import { keepFlags } from "../service/last-flags.ts"
import { LIMITED_CRASH } from "../service/systemd.ts"
import { logEvent } from "./event-log.ts"
import { claimSupervisor, waitForFolder } from "./folder-claim.ts"
import type { Installation } from "../updates/installation.ts"
import { eventWords } from "./words.ts"

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const
/** The rest is in the log alone: the node's own view is on the terminal meanwhile. */
const TOLD: readonly SupervisorEvent["type"][] = ["rejected", "not_tried", "passed_over", "killed"]

export interface SuperviseInit {
  /** The flags of `spore run` that were given, for who is to start it again. */
  flags: readonly string[]
  isService: boolean
  restarts: boolean
}

/**
 * Runs `spore run` with this process's arguments as a child, until that ends; gives its exit code.
 *
 * @throws SporeError `already_running`, `folder_unusable`
 */
export async function supervise(
  context: Context,
  { builtIn, updatesFolder: folder }: Installation,
  { flags, isService, restarts }: SuperviseInit,
): Promise<number> {
  const { dataDir, env } = context
  const args = process.argv.slice(2)
  const claim = await claimSupervisor(dataDir, {
    started_at: unixSeconds(systemClock),
    args: ["run", ...(isService ? ["--service"] : []), ...flags],
    service: isService,
  })
  if (isService) await keepFlags(dataDir, flags)
  const unbound = isService ? boundOutput(dataDir) : null
  // From now on: a signal must not end this process before its child.
  let stops = 0
  let wasHealthy = false
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
        if (event.type === "healthy") wasHealthy = true
        logEvent(dataDir, event)
        if (!isService && TOLD.includes(event.type)) tell(context, event)
      },
    })
    stop = () => {
      stops += 1
      supervisor.stop()
    }
    const code = await supervisor.ended
    // A node that did not come up has spent nothing.
    return isService && !restarts && wasHealthy && stops === 0 && code !== 0 ? LIMITED_CRASH : code
  } finally {
    unbound?.()
    claim.release()
  }
}

function tell({ output, json }: Context, event: SupervisorEvent): void {
  const message = eventWords(event)
  if (json) output.tell(safeJson({ notice: { code: `version_${event.type}`, message, next: "spore update history" } }))
  else output.tell(`notice: ${message}`)
}
