import { existsSync } from "node:fs"
import { access, constants } from "node:fs/promises"
import type { ApiNode, ServedStatus } from "@spore/api"
import type { Notice } from "@spore/node"
import { dataPaths, findRunning, openLocalReader } from "@spore/node/local"
import { isSporeError } from "@spore/records"
import { loadIdentity } from "@spore/records/keyfile"
import { readFsArtifacts } from "@spore/transport"
import { cliError } from "../errors.ts"

/** A data folder that is only shown: nothing in it is changed, whether a node runs on it or not. */
export interface FolderReader extends ApiNode {
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Opens a data folder to be shown. Neither the key nor the right to write is needed.
 *
 * @throws SporeError `not_initialised`, `database_unusable`, `database_newer`, `database_outdated`
 */
export async function openReader(dataDir: string, version: string): Promise<FolderReader> {
  const paths = dataPaths(dataDir)
  if (!existsSync(paths.database)) {
    throw cliError("not_initialised", `there is no node in ${dataDir}`, { next: "spore init, or spore run" })
  }
  const store = await openLocalReader(dataDir)
  const nodeId = await readNodeId(paths.identity)
  const startedAt = Date.now()

  async function status(): Promise<ServedStatus> {
    const [seq, notice] = await Promise.all([store.lastSeq(), whoRuns(paths.running)])
    return {
      nodeId,
      version,
      mode: "explorer",
      startedAt,
      addresses: [],
      peers: [],
      task: null,
      hardwareClass: null,
      sandbox: { backend: "none", isolated: false, limits: "" },
      activities: [],
      research: null,
      verifyQueue: 0,
      verify: NO_RERUNS,
      seq,
      notices: [notice],
      reach: { state: "none", observed: [], serving: null },
    }
  }

  return {
    store,
    artifacts: readFsArtifacts(paths.artifacts),
    status,
    activityLog: () => [],
    onEvent: () => () => undefined,
    close: () => store.close(),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

const NO_RERUNS: ServedStatus["verify"] = {
  enabled: false,
  rate: 0,
  due: { asked: 0, contested: 0, baseline: 0, top: 0, calibrate: 0, sample: 0 },
}

/** The node id of the folder's key; null where there is none that this user may read. */
async function readNodeId(path: string): Promise<string | null> {
  try {
    return (await loadIdentity(path)).nodeId
  } catch (error) {
    if (isSporeError(error)) return null
    throw error
  }
}

async function whoRuns(path: string): Promise<Notice> {
  const running = await findRunning(path)
  if (running !== null) {
    const where = running.url === null ? "" : `, and tells at ${running.url} what it does`
    return { code: "node_runs_here", message: `A node runs on this data folder${where}.`, next: null }
  }
  if (existsSync(path) && !(await isReadable(path))) {
    const message = "Whether a node runs on this data folder cannot be told: this user may not read it."
    return { code: "node_unknown", message, next: null }
  }
  const message = "No node runs on this data folder: what it holds is shown, and nothing is added."
  return { code: "no_node_runs", message, next: "spore run" }
}

async function isReadable(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
