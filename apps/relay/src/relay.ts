import { fileURLToPath } from "node:url"
import { createApi, serveApi } from "@spore/api"
import { PAGES } from "@spore/explorer"
import { createSporeNode, serveControl } from "@spore/node"
import { claimFolder, createUndo, prepareDatabase, prepareDataFolder, saveMemory } from "@spore/node/local"
import { RELAY_LEGACY } from "@spore/legacy"
import type { Logger } from "@spore/records"
import { RELAY_LIMITS } from "@spore/transport/limits"
import type { RelaySettings } from "./settings.ts"

export interface Relay {
  /** Ends everything in order; the data stays. */
  stop(): Promise<void>
}

/**
 * A node that runs no code: it keeps what others publish, serves it, and relays connections. Commands of `spore` with
 * the same `--data-dir` act on it.
 *
 * @throws SporeError `already_running`, `folder_unusable`, `port_in_use`, `bad_address` and what the node's parts refuse
 */
export async function startRelay(settings: RelaySettings, version: string, log: Logger): Promise<Relay> {
  const { dataDir, announce } = settings
  const undo = createUndo(log)
  try {
    const { paths, identity } = await prepareDataFolder(dataDir)
    const claim = await claimFolder(paths.running, dataDir, Date.now())
    undo.push("claim", () => claim.release())
    undo.push("memory", saveMemory({ log }))
    const restored = await prepareDatabase(dataDir)
    if (restored !== null)
      log.warn({ ...restored }, "the database of a newer release was put aside for the copy of before")
    const node = await createSporeNode({
      dataDir,
      identity,
      mode: "sync",
      listen: settings.listen,
      ...(announce.length === 0 ? {} : { announce }),
      peers: settings.peers,
      relay: "server",
      legacy: { peers: settings.legacyPeers, listen: settings.legacyListen ?? null, limits: RELAY_LEGACY },
      artifactQuota: settings.artifactQuota,
      limits: { ...RELAY_LIMITS, ...settings.limits },
      version,
      log,
    })
    undo.push("node", (withinMs) => node.stop({ withinMs }))
    const api = createApi({ node, explorerDir: fileURLToPath(PAGES), version, log, hosts: settings.webNames })
    const server = await serveApi(api, { host: settings.webHost, port: settings.webPort })
    undo.push("explorer", () => server.close())
    await node.start()
    const control = await serveControl(dataDir, node)
    undo.push("control", () => control.close())
    await claim.announce(server.url, node.addresses())
    log.info({ version, node: node.nodeId, url: server.url, addresses: node.addresses() }, "relay started")
    return { stop: undo.run }
  } catch (error) {
    await undo.run()
    throw error
  }
}
