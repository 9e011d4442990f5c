import type { FileTree } from "@spore/records/artifacts"
import type { CandidateSpec } from "@spore/runner"
import { utf8Head } from "@spore/runner/user-program"
import type { CandidateProposal } from "./proposer.ts"

/** All files of a candidate together, where its parent is not larger already. */
const MAX_CANDIDATE_BYTES = 1024 * 1024
/** Bytes of the words of a proposal, as records hold them. */
const MAX_WORDS = { title: 256, hypothesis: 8192, agent: 128 } as const

/**
 * Why a proposal cannot be run; null where nothing speaks against it. Whether its code can be read at all is for the
 * sandbox to say.
 */
export function faultOf(
  proposal: CandidateProposal,
  parent: FileTree,
  { editable, entry }: CandidateSpec,
): string | null {
  const { files } = proposal
  const strange = [...files.keys()].find((path) => !editable.includes(path))
  if (strange !== undefined) return `${JSON.stringify(strange)} may not be changed: only ${editable.join(", ")}`
  const missing = editable.find((path) => !files.has(path))
  if (missing !== undefined) return `${missing} is missing: all editable files are wanted, whole`
  const main = files.get(editable.includes(entry) ? entry : (editable[0] ?? entry))
  if (main !== undefined && new TextDecoder().decode(main).trim() === "") return `${entry} is empty`
  const most = mostBytes(parent)
  if (bytesOf(files) > most) return `its files take ${bytesOf(files)} bytes, ${most} are allowed`
  const binary = editable.find(
    (path) => files.get(path)?.includes(0) === true && parent.get(path)?.includes(0) !== true,
  )
  return binary === undefined ? null : `${binary} is not text`
}

/** Whether something of this size could be a proposal from `parent`; what is larger is compared with none. */
export function isComparable(files: FileTree, parent: FileTree): boolean {
  return bytesOf(files) <= mostBytes(parent)
}

/** The words of a proposal, cut to what a record holds. */
export function fittingWords({
  title,
  hypothesis,
  agent,
}: Pick<CandidateProposal, "title" | "hypothesis" | "agent">): Pick<
  CandidateProposal,
  "title" | "hypothesis" | "agent"
> {
  return {
    title: cut(title.trim() === "" ? "untitled" : title, MAX_WORDS.title),
    hypothesis: cut(hypothesis, MAX_WORDS.hypothesis),
    agent: cut(agent, MAX_WORDS.agent),
  }
}

/** At most so many bytes of UTF-8, cut between characters, without control characters and lone surrogates. */
function cut(text: string, bytes: number): string {
  const plain = text.toWellFormed().replaceAll(/(?![\n\t])\p{Cc}/gu, " ")
  return utf8Head(plain, bytes)
}

function mostBytes(parent: FileTree): number {
  return Math.max(MAX_CANDIDATE_BYTES, 2 * bytesOf(parent))
}

export function bytesOf(files: FileTree): number {
  let bytes = 0
  for (const content of files.values()) bytes += content.length
  return bytes
}
