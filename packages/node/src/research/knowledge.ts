import type { ExperimentRow, Store } from "@spore/dag"
import { CID, isKind } from "@spore/records"
import { type ArtifactStore, type FileTree, readFileEnd } from "@spore/records/artifacts"
import { bytesOf, type ExperimentWords, type OpenClaim, type ParentOption, type PastExperiment } from "@spore/research"
import { candidateFiles, type TaskPackage } from "@spore/runner"
import type { RunPolicy } from "../ownership.ts"
import type { FeedbackBook } from "./feedback.ts"
import type { ResearchSubject } from "./subject.ts"

/** Past experiments a proposer learns from: the newest of its class. */
const HISTORY = 500
/** Bytes of files, which strangers make as large as they like, of one experiment and of all that one turn reads. */
const EXPERIMENT_BYTES = 4 * 1024 * 1024
const TURN_BYTES = 32 * 1024 * 1024
/** Of a log, from its end: more than a prompt shows. */
const LOG_BYTES = 128 * 1024
const CANDIDATES = 100
/** Other hardware classes looked at. */
const CLASSES = 4
/** Children of a parent that a proposal is compared with, beyond those of the history. */
const SIBLINGS = 200
const NO_WORDS: ExperimentWords = { hypothesis: null, feedback: null, log: null }

/** An experiment that the next one may build on. */
export type Option = ExperimentRow & ParentOption

export interface KnowledgeInit {
  store: Store
  artifacts: ArtifactStore
  policy: RunPolicy
  feedback: FeedbackBook
}

/** How many bytes of others' files a turn still reads. */
export interface Room {
  left: number
}

export function createRoom(): Room {
  return { left: TURN_BYTES }
}

/** What the facts say to research. */
export interface Knowledge {
  /** Newest first. */
  history(subject: ResearchSubject): Promise<readonly ExperimentRow[]>
  /** What may be built on: candidates, best first, then the rest of the frontier. */
  options(
    subject: ResearchSubject,
    history: readonly ExperimentRow[],
    claims: readonly OpenClaim[],
  ): Promise<{ options: Option[]; frontier: string[] }>
  /** The best of other classes whose code has not been run in this one. */
  foreign(subject: ResearchSubject): Promise<Option[]>
  /** Files that are too large, or more than `room` has left, stay unread; what was read is taken off it. */
  withFiles(taskPackage: TaskPackage, rows: readonly ExperimentRow[], room: Room): Promise<PastExperiment[]>
  /** What else changed this parent and is not in the history. */
  siblings(subject: ResearchSubject, parent: string, history: readonly ExperimentRow[]): Promise<ExperimentRow[]>
  /** Whether a code was measured in the class. */
  isKnown(subject: ResearchSubject, code: CID): Promise<boolean>
  /** A baseline run of the class: this key's own where there is one. */
  root(subject: ResearchSubject, nodeId: string): Promise<ExperimentRow | null>
  words(id: string): Promise<ExperimentWords>
}

export function createKnowledge({ store, artifacts, policy, feedback }: KnowledgeInit): Knowledge {
  async function filesOf(taskPackage: TaskPackage, code: string, room: Room): Promise<FileTree | null> {
    const most = Math.min(EXPERIMENT_BYTES, room.left)
    // Not fetched yet, too large, or none of this task's form: the proposer learns from the rest.
    const files = await candidateFiles(artifacts, taskPackage, CID.parse(code), most).catch(() => null)
    if (files !== null) room.left -= bytesOf(files)
    return files
  }

  return {
    history: async (subject) =>
      (await store.experiments({ ...classOf(subject), sort: "newest" }, { limit: HISTORY })).items,
    options: async (subject, history, claims) => {
      const of = classOf(subject)
      const best = (await store.experiments({ ...of, candidate: true, sort: "best" }, { limit: CANDIDATES })).items
      const frontier = await store.frontier(of.task, of.class)
      const candidates = new Set(best.map(({ id }) => id))
      const allowed: ExperimentRow[] = []
      for (const row of [...best, ...frontier.filter(({ id }) => !candidates.has(id))]) {
        if (await policy.allowsExperiment(row)) allowed.push(row)
      }
      return { options: asOptions(allowed, history, claims), frontier: frontier.map(({ id }) => id) }
    },
    foreign: async ({ task, hardware }) => {
      const found: ExperimentRow[] = []
      for (const { class: other, best } of task.standings.slice(0, CLASSES + 1)) {
        if (other === hardware || best === null || best.parent === null || best.status !== "keep") continue
        const isMeasured = (await store.state({ task: task.id, class: hardware, code: best.code })) !== undefined
        if (!isMeasured && (await policy.allowsExperiment(best))) found.push(best)
      }
      return asOptions(found, [], [])
    },
    withFiles: async (taskPackage, rows, room) => {
      const past: PastExperiment[] = []
      for (const { id, parent, author, code, status, value, title } of rows) {
        if (status === "withheld") continue
        past.push({ id, parent, author, code, status, value, title, files: await filesOf(taskPackage, code, room) })
      }
      return past
    },
    siblings: async (subject, parent, history) => {
      const known = new Set(history.map(({ id }) => id))
      const page = await store.experiments({ ...classOf(subject), parent, sort: "newest" }, { limit: SIBLINGS })
      return page.items.filter(({ id }) => !known.has(id))
    },
    isKnown: async (subject, code) => (await store.state({ ...classOf(subject), code: code.toString() })) !== undefined,
    root: async (subject, nodeId) => {
      const roots = { ...classOf(subject), root: true, sort: "best" } as const
      const own = (await store.experiments({ ...roots, author: nodeId }, { limit: 1 })).items[0]
      return own ?? (await store.experiments(roots, { limit: 1 })).items[0] ?? null
    },
    words: async (id) => {
      const record = await store.get(id)
      if (record === undefined || !isKind(record, "experiment")) return NO_WORDS
      const { log: link, proposal } = record.body
      const log = link === null ? null : await readFileEnd(artifacts, link, LOG_BYTES).catch(() => null)
      return {
        hypothesis: proposal.hypothesis,
        feedback: await feedback.of(id),
        log: log === null ? null : new TextDecoder().decode(log.bytes),
      }
    },
  }
}

function classOf({ task, hardware }: ResearchSubject): { task: string; class: string } {
  return { task: task.id, class: hardware }
}

function asOptions(
  rows: readonly ExperimentRow[],
  history: readonly ExperimentRow[],
  claims: readonly OpenClaim[],
): Option[] {
  const children = countBy(history.flatMap(({ parent }) => parent ?? []))
  const claimed = countBy(claims.map(({ parent }) => parent))
  return rows.map((row) => ({ ...row, children: children.get(row.id) ?? 0, claimed: claimed.get(row.id) ?? 0 }))
}

function countBy(ids: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1)
  return counts
}
