import { bytesEqual, type CID, isSporeError, parseLink } from "@spore/records"
import {
  type ArtifactErrorCode,
  type ArtifactReader,
  type FileTree,
  missingBlocks,
  readTree,
} from "@spore/records/artifacts"
import type { Code, CodeFile, DiffFile } from "./dto/index.ts"
import { diffText } from "./text-diff.ts"

/** What one answer may carry: a candidate beyond this is downloaded, not shown. */
const LIMITS = { maxBytes: 4 * 1024 * 1024, maxFiles: 256 }
const MAX_TEXT = 512 * 1024

/** The files of an artifact, or undefined where some of it is not held here, or is no artifact. */
export async function readHeld(store: ArtifactReader, text: string): Promise<FileTree | undefined> {
  const cid = linkIn(text)
  if (cid === undefined) return undefined
  try {
    return await readTree(store, cid, LIMITS)
  } catch (error) {
    if (isSporeError<ArtifactErrorCode>(error, "artifact_missing")) return undefined
    throw error
  }
}

/** Whether every block of an artifact is held here; false, too, for what no node can read. */
export async function isHeld(store: ArtifactReader, cid: CID): Promise<boolean> {
  try {
    return (await missingBlocks(store, cid)).length === 0
  } catch (error) {
    if (isSporeError(error)) return false
    throw error
  }
}

/** The same of a link in text form; false for what is none, as authors in the 0.6 network could write anything. */
export async function isHeldText(store: ArtifactReader, text: string): Promise<boolean> {
  const cid = linkIn(text)
  return cid !== undefined && isHeld(store, cid)
}

function linkIn(text: string): CID | undefined {
  try {
    return parseLink(text)
  } catch (error) {
    if (isSporeError(error)) return undefined
    throw error
  }
}

/** A candidate's files as text, ordered by path. */
export async function readCode(store: ArtifactReader, code: string): Promise<Code> {
  const tree = await readHeld(store, code)
  const files = [...(tree ?? [])].map(([path, content]) => viewFile(path, content))
  return { code, held: tree !== undefined, files: files.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
}

function viewFile(path: string, content: Uint8Array): CodeFile {
  const size = content.length
  if (size > MAX_TEXT) return { path, size, text: null, omitted: "too_large" }
  const text = decodeText(content)
  return { path, size, text: text ?? null, omitted: text === undefined ? "binary" : null }
}

/** The text of UTF-8 bytes without NUL; undefined for anything else. */
export function decodeText(content: Uint8Array): string | undefined {
  if (content.includes(0)) return undefined
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content)
  } catch {
    return undefined
  }
}

/** The files that differ between two candidates, ordered by path. */
export function diffTrees(before: FileTree, after: FileTree): DiffFile[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return paths.flatMap((path) => {
    const old = before.get(path)
    const now = after.get(path)
    if (old !== undefined && now !== undefined && bytesEqual(old, now)) return []
    return [diffFile(path, old, now)]
  })
}

function diffFile(path: string, old: Uint8Array | undefined, now: Uint8Array | undefined): DiffFile {
  const change = old === undefined ? "added" : now === undefined ? "removed" : "modified"
  const none = { path, change, additions: 0, deletions: 0, patch: null } as const
  if ((old?.length ?? 0) > MAX_TEXT || (now?.length ?? 0) > MAX_TEXT) return { ...none, omitted: "too_large" }
  const oldText = old === undefined ? "" : decodeText(old)
  const nowText = now === undefined ? "" : decodeText(now)
  if (oldText === undefined || nowText === undefined) return { ...none, omitted: "binary" }
  return { path, change, ...diffText(path, oldText, nowText) }
}
