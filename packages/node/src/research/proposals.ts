import type { ExperimentRow } from "@spore/dag"
import { CID, type Random } from "@spore/records"
import type { ArtifactStore, FileTree } from "@spore/records/artifacts"
import {
  type CandidateProposal,
  changeOf,
  chooseParent,
  duplicateOf,
  faultOf,
  fittingWords,
  type KnownChange,
  type OpenClaim,
  type PastExperiment,
  type ProposalContext,
  type Proposer,
  type RefusedProposal,
} from "@spore/research"
import { addCandidate, candidateFiles } from "@spore/runner"
import type { Knowledge, Option } from "./knowledge.ts"
import type { ResearchSubject } from "./subject.ts"

/** What one turn asks of a proposer for one parent, and how many parents it tries. */
const MOST_ASKED = 3
const MOST_PARENTS = 2

/** A proposal that may run, and what it changes. */
export interface TakenProposal {
  readonly parent: ExperimentRow
  readonly reason: string
  readonly code: CID
  readonly words: Pick<CandidateProposal, "title" | "hypothesis" | "agent">
}

export interface ProposalsInit {
  /** Whose own baseline what is taken up from other classes is compared with. */
  nodeId: string
  artifacts: ArtifactStore
  knowledge: Knowledge
  proposer: Proposer
  /** Asked once for a parent where all that `proposer` gave was refused; null where there is no other. */
  spare: Proposer | null
  random: Random
  program(): Promise<string | null>
  fetch(root: CID, signal?: AbortSignal): Promise<void>
  /** What others and the other workers of this node are trying on the task. */
  claims(task: string): readonly OpenClaim[]
  /** Whether another worker of this node runs this code. */
  isUnderWay(code: string): boolean
  /** What is wrong with the code as its language reads it; null where nothing is found, or nothing can look. */
  syntaxFault(files: FileTree, signal: AbortSignal): Promise<string | null>
}

/** Whoever watches a proposal being made. */
export interface ProposalWatcher {
  onParent(parent: { id: string; title: string; reason: string }): void
  onLine(line: string): void
}

/** Makes proposals that are worth running. */
export interface Proposals {
  /** Null where nothing new was proposed for any parent tried. */
  next(subject: ResearchSubject, signal: AbortSignal, watcher: ProposalWatcher): Promise<TakenProposal | null>
}

export function createProposals(init: ProposalsInit): Proposals {
  const { nodeId, artifacts, knowledge, random } = init

  /** What is known in this turn, whatever the parent. */
  async function survey(subject: ResearchSubject): Promise<Survey> {
    const rows = await knowledge.history(subject)
    const claims = init.claims(subject.task.id)
    const { options, frontier } = await knowledge.options(subject, rows, claims)
    const sinceKeep = rows.findIndex(({ status }) => status === "keep")
    return {
      rows,
      history: await knowledge.withFiles(subject.taskPackage, rows),
      claims,
      options,
      frontier,
      foreign: await knowledge.foreign(subject),
      plateau: sinceKeep < 0 ? rows.length : sinceKeep,
      program: await init.program(),
    }
  }

  /** The best of another class, to be run as it is: with the own baseline as parent it has a place in this class. */
  async function takeUp(subject: ResearchSubject, from: Option, reason: string): Promise<TakenProposal | null> {
    const parent = await knowledge.root(subject, nodeId)
    if (parent === null) return null
    const title = `From ${from.class}: ${from.title}`
    const hypothesis = `The code of ${from.id}, run in this hardware class before anything is built on it.`
    return { parent, reason, code: CID.parse(from.code), words: fittingWords({ title, hypothesis, agent: "rerun" }) }
  }

  /** Asks until something may run, a few times. */
  async function ask(
    subject: ResearchSubject,
    known: Survey,
    choice: { parent: Option; reason: string },
    signal: AbortSignal,
    watcher: ProposalWatcher,
  ): Promise<TakenProposal | null> {
    const { taskPackage, task } = subject
    const { parent, reason } = choice
    await init.fetch(CID.parse(parent.code), signal)
    const files = await candidateFiles(artifacts, taskPackage, CID.parse(parent.code))
    const others = await knowledge.siblings(subject, parent.id, known.rows)
    const siblings = [...known.history, ...(await knowledge.withFiles(taskPackage, others))]
    const tried = changesOf(files, parent.id, siblings)
    const claims = known.claims.filter((claim) => claim.parent === parent.id)
    const refused: RefusedProposal[] = []
    const context: Omit<ProposalContext, "refused"> = {
      task: task.body,
      candidate: taskPackage.candidate,
      frozen: subject.frozen,
      parent: { id: parent.id, title: parent.title, files, value: parent.value, class: subject.hardware, reason },
      history: known.history,
      frontier: known.frontier,
      claims: known.claims,
      program: known.program,
      random,
      signal,
      words: (id) => knowledge.words(id),
      onLine: (line) => watcher.onLine(line),
    }

    const proposers = [...Array.from({ length: MOST_ASKED }, () => init.proposer), init.spare]
    for (const proposer of proposers) {
      if (proposer === null) continue
      const proposal = await proposer.propose({ ...context, refused: [...refused] })
      signal.throwIfAborted()
      if (proposal === null) continue
      const words = fittingWords(proposal)
      const why =
        faultOf(proposal, files, taskPackage.candidate) ??
        duplicateOf({ title: words.title, change: changeOf(files, proposal.files) }, tried(), claims) ??
        (await init.syntaxFault(proposal.files, signal))
      if (why === null) {
        const code = await addCandidate(artifacts, taskPackage, proposal.files)
        if (!(await knowledge.isKnown(subject, code)) && !init.isUnderWay(code.toString())) {
          return { parent, reason, code, words }
        }
      }
      const because = why ?? "the same code was run in this hardware class already"
      watcher.onLine(`refused: ${because}`)
      refused.push({ title: words.title, reason: because })
    }
    return null
  }

  return {
    next: async (subject, signal, watcher) => {
      const known = await survey(subject)
      let options = known.options
      for (let tries = 0; tries < MOST_PARENTS; tries++) {
        const choice = chooseParent({ options, foreign: known.foreign, plateau: known.plateau, random })
        if (choice === null) return null
        const { id, title } = choice.parent
        watcher.onParent({ id, title, reason: choice.reason })
        if (choice.isForeign) {
          await init.fetch(CID.parse(choice.parent.code), signal)
          return takeUp(subject, choice.parent, choice.reason)
        }
        const taken = await ask(subject, known, choice, signal, watcher)
        if (taken !== null) return taken
        options = options.filter((option) => option.id !== id)
      }
      return null
    },
  }
}

interface Survey {
  readonly rows: readonly ExperimentRow[]
  readonly history: readonly PastExperiment[]
  readonly claims: readonly OpenClaim[]
  readonly options: readonly Option[]
  readonly frontier: readonly string[]
  readonly foreign: readonly Option[]
  readonly plateau: number
  readonly program: string | null
}

/** What was tried from a parent and ran, compared once and only when asked for. */
function changesOf(parent: FileTree, id: string, past: readonly PastExperiment[]): () => readonly KnownChange[] {
  let known: readonly KnownChange[] | null = null
  return () =>
    (known ??= past.flatMap((one) =>
      one.parent !== id || one.files === null || one.status === "crash"
        ? []
        : [{ id: one.id, title: one.title, change: changeOf(parent, one.files) }],
    ))
}
