import { join } from "node:path"
import type { Context } from "../context.ts"
import { readConfig } from "../settings/config-file.ts"
import { askedPeers } from "../settings/peers.ts"
import { resolveUpdate } from "../settings/update.ts"

/** What decides, of the flags of `spore run`. */
export interface UpdateChoice {
  readonly solo: boolean
  readonly peer: readonly string[]
  /** Whether `--no-auto-update` was left out. */
  readonly autoUpdate: boolean
}

/**
 * Whether a node that runs with these flags takes updates by itself, and so has to be somebody's child.
 *
 * @throws SporeError `bad_setting`
 */
export async function takesUpdates({ env, dataDir }: Context, flags: UpdateChoice): Promise<boolean> {
  // What is wrong with it, the node itself says.
  const config = await readConfig(join(dataDir, "config.toml")).catch(() => null)
  const peers = askedPeers(flags.peer, env, config?.peers)
  const dialsNobody = flags.solo || peers?.length === 0
  const autoUpdate = flags.autoUpdate ? undefined : false
  return resolveUpdate({ autoUpdate }, env, config?.update ?? {}, dialsNobody).auto
}
