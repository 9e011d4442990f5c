import { setImmediate } from "node:timers/promises"
import type { ExperimentRow } from "@spore/dag"
import { CID, type Random } from "@spore/records"
import type { ArtifactStore, FileTree } from "@spore/records/artifacts"
import {
  type CandidateProposal,
  changeOf,
  chooseParent,
  duplicateOf,
  type Fallback,
  faultOf,
  fittingWords,
  isComparable,
  type KnownChange,
  type OpenClaim,
  type PastExperiment,
  type ProposalContext,
  type Proposer,
  type RefusedProposal,
} from "@spore/research"
import { addCandidate } from "@spore/runner"
import { createRoom, type Knowledge, type Option, type Room } from "./knowledge.ts"
import type { ParentCode } from "./parent-code.ts"
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
  /** Told what became of what `proposer` gave: taken, or, of the last for a parent, why not. */
  judged?: Pick<Fallback, "taken" | "refused">
  /** Asked once for a parent where all that `proposer` gave was refused; null where there is no other. */
  spare: Proposer | null
  random: Random
  program(): Promise<string | null>
  parentCode: ParentCode
  /** What others and the other workers of this node are trying on the task. */
  claims(task: string): readonly OpenClaim[]
  /** Whether another worker of this node runs this code. */
  isUnderWay(code: string): boolean
  /** What is wrong with the code as its language reads it; null where nothing is found, or nothing can look. */
  syntaxFault(files: FileTree, signal: AbortSignal): Promise<string | null>
  /**
   * Called before anybody is asked.
   *
   * @throws SporeError `budget_spent` where the run may spend no more
   */
  checkBudget(): void
}

/**
 * Why there is no proposal. `no_parent`: there is none whose code is here. `nothing_left`: nobody had any. `refused`:
 * all that there were repeat something, or cannot run.
 */
export type NoProposal = "no_parent" | "nothing_left" | "refused"

/** Whoever watches a proposal being made. */
export interface ProposalWatcher {
  onParent(parent: { id: string; title: string; reason: string }): void
  onLine(line: string): void
}

/** Makes proposals that are worth running. */
export interface Proposals {
  /**
   * Tries a few parents.
   *
   * @throws SporeError `budget_spent`; what a proposer or the host failed by
   */
  next(subject: ResearchSubject, signal: AbortSignal, watcher: ProposalWatcher): Promise<TakenProposal | NoProposal>
}

export function createProposals(init: ProposalsInit): Proposals {
  const { nodeId, artifacts, knowledge, random } = init

  /** What is known in this turn, whatever the parent. */
  async function survey(subject: ResearchSubject): Promise<Survey> {
    const rows = await knowledge.history(subject)
    const claims = init.claims(subject.task.id)
    const { options, frontier } = await knowledge.options(subject, rows, claims)
    const sinceKeep = rows.findIndex(({ status }) => status === "keep")
    const room = createRoom()
    return {
      rows,
      room,
      history: await knowledge.withFiles(subject.taskPackage, rows, room),
      claims,
      options,
      frontier,
      foreign: await knowledge.foreign(subject),
      plateau: sinceKeep < 0 ? rows.length : sinceKeep,
      program: await init.program(),
    }
  }

  /** The best of another class, to be run as it is: with the own baseline as parent it has a place in this class. */
  async function takeUp(subject: ResearchSubject, from: Option, reason: string): Promise<TakenProposal | "no_parent"> {
    const parent = await knowledge.root(subject, nodeId)
    if (parent === null) return "no_parent"
    const title = `From ${from.class}: ${from.title}`
    const hypothesis = `The code of ${from.id}, run in this hardware class before anything is built on it.`
    return { parent, reason, code: CID.parse(from.code), words: fittingWords({ title, hypothesis, agent: "rerun" }) }
  }

  /** Asks until something may run, a few times. */
  async function ask(
    subject: ResearchSubject,
    known: Survey,
    choice: { parent: Option; reason: string; files: FileTree },
    signal: AbortSignal,
    watcher: ProposalWatcher,
  ): Promise<TakenProposal | "nothing_left" | "refused"> {
    const { taskPackage, task } = subject
    const { parent, reason, files } = choice
    const others = await knowledge.siblings(subject, parent.id, known.rows)
    const siblings = [...known.history, ...(await knowledge.withFiles(taskPackage, others, known.room))]
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
    for (const [asked, proposer] of proposers.entries()) {
      if (proposer === null) continue
      init.checkBudget()
      const proposal = await proposer.propose({ ...context, refused: [...refused] })
      signal.throwIfAborted()
      if (proposal === null) continue
      const words = fittingWords(proposal)
      const why =
        faultOf(proposal, files, taskPackage.candidate) ??
        duplicateOf({ title: words.title, change: changeOf(files, proposal.files) }, await tried(), claims) ??
        (await init.syntaxFault(proposal.files, signal))
      if (why === null) {
        const code = await addCandidate(artifacts, taskPackage, proposal.files)
        if (!(await knowledge.isKnown(subject, code)) && !init.isUnderWay(code.toString())) {
          init.judged?.taken(proposal)
          return { parent, reason, code, words }
        }
      }
      const because = why ?? "the same code was run in this hardware class already"
      watcher.onLine(`refused: ${because}`)
      refused.push({ title: words.title, reason: because })
      if (asked === MOST_ASKED - 1) init.judged?.refused(proposal, because)
    }
    return refused.length === 0 ? "nothing_left" : "refused"
  }

  return {
    next: async (subject, signal, watcher) => {
      const known = await survey(subject)
      let { options, foreign } = known
      let came: NoProposal = "no_parent"
      let mayWait = true
      for (let asked = 0; asked < MOST_PARENTS;) {
        const choice = chooseParent({ options, foreign, plateau: known.plateau, random })
        if (choice === null) return came
        const { id, title, code } = choice.parent
        options = options.filter((option) => option.id !== id)
        foreign = foreign.filter((option) => option.id !== id)
        const files = await init.parentCode.filesOf(subject.taskPackage, code, mayWait, signal)
        if (files === null) {
          // Once in a turn: many may claim to be the best with code that nobody has.
          mayWait = false
          continue
        }
        watcher.onParent({ id, title, reason: choice.reason })
        if (choice.isForeign) return takeUp(subject, choice.parent, choice.reason)
        const taken = await ask(subject, known, { ...choice, files }, signal, watcher)
        if (typeof taken !== "string") return taken
        if (came !== "refused") came = taken
        asked++
      }
      return came
    },
  }
}

interface Survey {
  readonly rows: readonly ExperimentRow[]
  readonly room: Room
  readonly history: readonly PastExperiment[]
  readonly claims: readonly OpenClaim[]
  readonly options: readonly Option[]
  readonly frontier: readonly string[]
  readonly foreign: readonly Option[]
  readonly plateau: number
  readonly program: string | null
}

/** What was tried from a parent and ran, compared once and only when asked for; others have the thread in between. */
function changesOf(
  parent: FileTree,
  id: string,
  past: readonly PastExperiment[],
): () => Promise<readonly KnownChange[]> {
  async function compare(): Promise<readonly KnownChange[]> {
    const known: KnownChange[] = []
    for (const { id: child, parent: changed, title, status, files } of past) {
      if (changed !== id || files === null || status === "crash" || !isComparable(files, parent)) continue
      await setImmediate()
      known.push({ id: child, title, change: changeOf(parent, files) })
    }
    return known
  }

  let known: Promise<readonly KnownChange[]> | null = null
  return () => (known ??= compare())
}
