import { existsSync } from "node:fs"
import { type ArtifactPins, artifactPins, dataPaths } from "@spore/node/local"
import { type CID, DAG_PB, isSporeError, parseLink, RAW } from "@spore/records"
import { type ArtifactStore, LARGE_LIMITS, missingBlocks } from "@spore/records/artifacts"
import { createFsArtifactStore } from "@spore/transport"
import { cliError } from "../errors.ts"
import { commandNode } from "../folder/control.ts"

/** The artifacts of a data folder, beside a running node or without one. */
export interface LocalArtifacts {
  readonly artifacts: ArtifactStore
  readonly pins: ArtifactPins
}

/** @throws SporeError `not_initialised`, `artifact_store_unusable` */
export async function openArtifacts(dataDir: string): Promise<LocalArtifacts> {
  const paths = dataPaths(dataDir)
  if (!existsSync(paths.database)) {
    throw cliError("not_initialised", `there is no node in ${dataDir}`, { next: "spore init, or spore run" })
  }
  return { artifacts: await createFsArtifactStore(paths.artifacts), pins: artifactPins(paths.pins) }
}

/** @throws SporeError `bad_link` */
export function artifactId(text: string | undefined): CID {
  return parseLink(text ?? "", RAW, DAG_PB)
}

/**
 * Has the running node fetch what is missing of an artifact here.
 *
 * @throws SporeError `not_found` where no node runs, or what the node met
 */
export async function bringHere(dataDir: string, { artifacts }: LocalArtifacts, root: CID): Promise<void> {
  if ((await missingBlocks(artifacts, root, LARGE_LIMITS)).length === 0) return
  try {
    await commandNode(dataDir, { op: "fetch_artifact", cid: root.toString() })
  } catch (error) {
    if (!isSporeError(error, "node_not_running")) throw error
    throw cliError("not_found", `${root} is not held here in full, and no node runs that could fetch it`, {
      cause: error,
      next: "start the node with spore run, then try again",
    })
  }
}
