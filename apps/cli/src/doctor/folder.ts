import { existsSync } from "node:fs"
import { createServer } from "node:net"
import { askNode, dataPaths } from "@spore/node/local"
import { messageOf } from "@spore/records"
import { loadIdentity } from "@spore/records/keyfile"
import { failureOf } from "../errors.ts"
import { legacyNotice } from "../folder/legacy.ts"
import type { LiveNode } from "../folder/live.ts"
import { count, reachLine } from "../output/format.ts"
import type { Settings } from "../settings/settings.ts"
import { type Finding, finding } from "./finding.ts"

const CONTROL_MS = 2_000

/** What else was found in the folder. */
export function checkLegacy(dataDir: string): Finding[] {
  const notice = legacyNotice(dataDir)
  return notice === null ? [] : [finding("0.6 data", "ok", notice)]
}

export async function checkKey(dataDir: string): Promise<Finding> {
  const path = dataPaths(dataDir).identity
  if (!existsSync(path)) return finding("key", "warn", "no key yet", "spore init")
  return attempt("key", async () => `${(await loadIdentity(path)).nodeId}, readable by you alone`)
}

/** The two ports, by listening on them for a moment; those of the node that runs here are its own. */
export async function checkPorts(settings: Settings, live: LiveNode | null): Promise<Finding[]> {
  if (live !== null) return [finding("ports", "ok", `in use by the node that runs here (process ${live.running.pid})`)]
  return [
    await checkPort("peer port", settings.port, "0.0.0.0", "--port"),
    await checkPort("web port", settings.webPort, settings.webHost, "--web-port"),
  ]
}

/** Whether commands reach the node that runs here. */
export async function checkControl(dataDir: string, live: LiveNode | null): Promise<Finding[]> {
  if (live === null) return []
  try {
    await askNode(dataDir, { op: "ping" }, AbortSignal.timeout(CONTROL_MS))
    return [finding("control", "ok", "commands reach the running node")]
  } catch (error) {
    const { message, next } = failureOf(error)
    return [finding("control", "warn", `commands cannot reach the running node: ${message}`, next)]
  }
}

/** How others can reach the node that runs here. */
export function checkReach(live: LiveNode | null): Finding[] {
  const status = live?.status ?? null
  return status === null ? [] : [finding("reach", "ok", reachLine(status.addresses))]
}

/** @param dialsNobody as its keeper wants it */
export function checkPeers(live: LiveNode | null, dialsNobody: boolean): Finding[] {
  const status = live?.status ?? null
  if (status === null) return []
  const { peers } = status
  if (peers.length > 0) return [finding("peers", "ok", count(peers.length, "peer"))]
  if (dialsNobody) return [finding("peers", "ok", "connected to nobody, and told to dial nobody")]
  return [finding("peers", "warn", "connected to nobody", "spore connect ADDRESS")]
}

/** What the node that runs here says is wrong. */
export function checkNotices(live: LiveNode | null): Finding[] {
  const notices = live?.status?.notices ?? []
  return notices.map(({ message, next }) => finding("notice", "warn", message, next))
}

async function checkPort(check: string, port: number, host: string, flag: string): Promise<Finding> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject)
      server.listen({ port, host, exclusive: true }, resolve)
    })
    return finding(check, "ok", port === 0 ? "any free one" : `${port} is free`)
  } catch (error) {
    const next = `spore run ${flag} ${port === 65535 ? 0 : port + 1}, or stop what uses it`
    return finding(check, "fail", `cannot listen on ${host} port ${port}: ${messageOf(error)}`, next)
  } finally {
    server.close()
  }
}

async function attempt(check: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return finding(check, "ok", await look())
  } catch (error) {
    const { message, next } = failureOf(error)
    return finding(check, "fail", message, next)
  }
}
