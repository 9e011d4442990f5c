import { type AnyRecord, isKind, isSporeError } from "@spore/records"
import { type ArtifactErrorCode, type ArtifactReader, readFileEnd } from "@spore/records/artifacts"
import type { Log } from "./dto/index.ts"
import { decodeEnd, MAX_LOG_END } from "./log-end.ts"

/** The end of what a run printed. `record` is undefined where this node withholds it or it is of another network. */
export async function readLog(artifacts: ArtifactReader, record: AnyRecord | undefined): Promise<Log> {
  const cid = record !== undefined && isKind(record, "experiment") ? record.body.log : null
  if (cid === null) return { cid: null, held: false, bytes: null, text: null, truncated: false }
  try {
    const { size, bytes } = await readFileEnd(artifacts, cid, MAX_LOG_END)
    const truncated = size > bytes.length
    return { cid: cid.toString(), held: true, bytes: size, text: decodeEnd(bytes, truncated), truncated }
  } catch (error) {
    if (!isSporeError<ArtifactErrorCode>(error, "artifact_missing")) throw error
    return { cid: cid.toString(), held: false, bytes: null, text: null, truncated: false }
  }
}
