import type { Context } from "../context.ts"
import { askedPeers } from "../settings/peers.ts"
import { resolveUpdate } from "../settings/update.ts"
import type { Installation } from "../updates/installation.ts"
import { isLimited, settingsOf } from "./limited.ts"

/** What decides, of the flags of `spore run`. */
export interface PlanFlags {
  readonly service: boolean
  readonly solo: boolean
  readonly peer: readonly string[]
  /** Whether `--no-auto-update` was left out. */
  readonly autoUpdate: boolean
  /** What bounds a run; undefined: not given. */
  readonly limits: readonly unknown[]
}

export interface Plan {
  /** Whether the node runs as a child: where it may be updated while it runs, or be started again. */
  readonly supervises: boolean
  /** Whether it is started again after a crash. */
  readonly restarts: boolean
}

/**
 * A run with a limit of its own is not started anew by itself: it would count from nothing, and what it may cost is its
 * keeper's word. Such a run ends, and the next one takes the update.
 *
 * @throws SporeError `bad_setting`
 */
export async function planOf(
  { env, dataDir }: Context,
  flags: PlanFlags,
  { updatesFolder: folder }: Pick<Installation, "updatesFolder">,
): Promise<Plan> {
  const config = await settingsOf(dataDir)
  const limited = isLimited(flags.limits, env, config)
  if (flags.service) return { supervises: true, restarts: !limited }

  const dialsNobody = flags.solo || askedPeers(flags.peer, env, config.peers)?.length === 0
  const autoUpdate = flags.autoUpdate ? undefined : false
  const { auto } = resolveUpdate({ autoUpdate }, env, config.update ?? {}, dialsNobody)
  return { supervises: auto && folder !== null && !limited, restarts: false }
}
