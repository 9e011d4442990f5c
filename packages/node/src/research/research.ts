import { setTimeout as delay } from "node:timers/promises"
import type { RunnableTask, Store } from "@spore/dag"
import { CID, type Clock, isSporeError } from "@spore/records"
import type { Ledger, OpenClaim } from "@spore/research"
import type { Activities } from "../activities.ts"
import { type Bell, createBell } from "../bell.ts"
import { isTimed, type Job, type JobSource } from "../job.ts"
import type { ResearchEnd, ResearchLimits, ResearchStatus } from "../node.ts"
import type { Claims } from "./claims.ts"
import type { Attempt, Experiments } from "./experiments.ts"
import type { FeedbackBook } from "./feedback.ts"
import { createHandOver } from "./hand-over.ts"
import type { KeptProposal, KeptProposals } from "./kept.ts"
import { reachedLimit } from "./limits.ts"
import type { NoProposal, Proposals, TakenProposal } from "./proposals.ts"
import type { ResearchSubject } from "./subject.ts"

/** After a turn that came to nothing, twice as long after each further one. */
const PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 2 * 60_000
/** After a failure of the host. */
const RETRY_MS = 15_000
const BASELINE: Attempt["proposal"] = {
  title: "baseline",
  hypothesis: "The task's own first candidate: what everything else is compared with.",
  agent: "baseline",
}

export interface ResearchInit {
  nodeId: string
  store: Store
  /** The proposer's name. */
  proposer: string
  proposals: Proposals
  experiments: Experiments
  activities: Activities
  kept: KeptProposals
  feedback: FeedbackBook
  claims: Claims
  attempts: Attempts
  ledger: Ledger
  limits: ResearchLimits
  workers: number
  clock: Clock
  subject(signal: AbortSignal): Promise<ResearchSubject | null>
  /** Runs `work`, during which no block of the candidate is deleted. */
  using<T>(code: CID, work: () => Promise<T>): Promise<T>
  followed(): Promise<{ readonly id: string } | null>
  /** Nobody had anything to propose. */
  onNothingToTry(task: RunnableTask, file: string): void
  onFailure(error: unknown): void
  onEnd(reason: ResearchEnd): void
  /** There is a job for the device. */
  onJob(): void
  /** Milliseconds of rest after a turn that came to nothing, doubled after each further one; 5,000 by default. */
  pauseMs?: number
}

/** The research loop: the task's baseline first, then one bounded proposal per experiment, until a limit is reached. */
export interface Research {
  readonly source: JobSource
  start(): void
  stop(): Promise<void>
  /** Something changed: look for work now. */
  wake(): void
  status(task: string | null): ResearchStatus
}

/** What the workers of this node are trying now, by code. */
export interface Attempts {
  has(code: string): boolean
  /** As claims to one another. */
  open(): readonly OpenClaim[]
  /** False where another worker has the same. */
  begin(code: string, claim: OpenClaim): boolean
  end(code: string): void
}

export function createAttempts(): Attempts {
  const current = new Map<string, OpenClaim>()
  return {
    has: (code) => current.has(code),
    open: () => [...current.values()],
    begin: (code, claim) => {
      if (current.has(code)) return false
      current.set(code, claim)
      return true
    },
    end: (code) => {
      current.delete(code)
    },
  }
}

/** What came of a turn; `waits`: for something that changes sooner or later. `fruitless` is on the task named. */
type Turn = { readonly came: "ran" | "waits" | "failed" } | { readonly came: "fruitless"; readonly task: string }

export function createResearch(init: ResearchInit): Research {
  const { store, experiments, kept, clock, limits, ledger, pauseMs = PAUSE_MS } = init
  const stopping = new AbortController()
  /** Ends proposals, and keeps what has not begun from running. */
  const closing = new AbortController()
  const signal = AbortSignal.any([stopping.signal, closing.signal])
  const handOver = createHandOver(() => init.onJob())
  const bells = Array.from({ length: init.workers }, createBell)
  let loops: Promise<void>[] = []
  let published = 0
  let underWay = 0
  let isBaselineUnderWay = false
  let ended: ResearchEnd | null = null

  const isOver = (): boolean => signal.aborted || ended !== null

  const reached = (experimentsSoFar: number): ResearchEnd | null =>
    reachedLimit(limits, { experiments: experimentsSoFar, spent: ledger.run(), now: clock.now() })

  /** Runs an attempt on the device; what it was worth is counted and kept. */
  async function run(worker: number, subject: ResearchSubject, attempt: Attempt, reason: string | null): Promise<void> {
    const { task, parent, proposal } = attempt
    const job: Job = {
      worker,
      timed: isTimed(task.body),
      activity: {
        kind: "experiment",
        task: task.id,
        taskName: task.name,
        title: proposal.title,
        experiment: null,
        parent: parent === null || reason === null ? null : { id: parent.id, title: parent.title, reason },
        agent: proposal.agent,
      },
      run: async (abort, report) => {
        if (parent !== null) {
          await kept.begin(attempt.code.toString())
          const seconds = expectedSeconds(subject)
          init.claims.announce({ task: task.id, parent: parent.id, title: proposal.title, seconds })
        }
        const result = await experiments.run(attempt, abort, report)
        if (result === null) return
        const id = await experiments.publish(attempt, result)
        if (id === null) return
        published++
        await kept.done(attempt.code.toString())
        await init.feedback.keep(id, result.feedback)
      },
    }
    await init.using(attempt.code, () => handOver.offer(job, signal))
  }

  async function runTaken(worker: number, subject: ResearchSubject, taken: TakenProposal): Promise<void> {
    const code = taken.code.toString()
    const attempt = { task: subject.task, parent: taken.parent, code: taken.code, proposal: taken.words }
    try {
      await run(worker, subject, attempt, taken.reason)
      // Still kept where it was stopped in between.
      await kept.stopped(code)
    } catch (error) {
      if (signal.aborted) await kept.stopped(code)
      else await kept.failed(code)
      throw error
    } finally {
      init.attempts.end(code)
    }
  }

  /** Takes up what was accepted before this process began, or failed by the host. */
  async function resume(worker: number, subject: ResearchSubject, proposal: KeptProposal): Promise<void> {
    const parent = await store.experiment(proposal.parent)
    const code = CID.parse(proposal.code)
    const isKnown =
      (await store.state({ task: proposal.task, class: proposal.class, code: proposal.code })) !== undefined
    const claim = { author: init.nodeId, parent: proposal.parent, summary: proposal.title }
    if (parent === undefined || isKnown || !init.attempts.begin(proposal.code, claim)) return kept.done(proposal.code)
    await runTaken(worker, subject, { parent, reason: proposal.reason, code, words: proposal })
  }

  async function runBaseline(worker: number, subject: ResearchSubject): Promise<void> {
    const { task } = subject
    isBaselineUnderWay = true
    try {
      await run(worker, subject, { task, parent: null, code: task.body.baseline, proposal: BASELINE }, null)
    } finally {
      isBaselineUnderWay = false
      wake()
    }
  }

  /** Asks for a proposal and keeps it. */
  async function propose(worker: number, subject: ResearchSubject): Promise<TakenProposal | NoProposal> {
    const { task, hardware } = subject
    const made = handOver.making()
    const doing = {
      kind: "proposal",
      task: task.id,
      taskName: task.name,
      title: init.proposer,
      experiment: null,
      parent: null,
      agent: init.proposer,
    } as const
    let activity = init.activities.begin(doing, worker)
    try {
      const taken = await init.proposals.next(subject, signal, {
        onParent: (parent) => {
          activity = init.activities.begin({ ...doing, parent }, worker)
        },
        onLine: (line) => activity.line(line),
      })
      if (typeof taken === "string") return taken
      const { parent, reason, words } = taken
      const code = taken.code.toString()
      const isOurs = init.attempts.begin(code, { author: init.nodeId, parent: parent.id, summary: words.title })
      // Another worker came to the same in the meantime.
      if (!isOurs) return "refused"
      try {
        await kept.add({ code, task: task.id, class: hardware, parent: parent.id, reason, ...words })
      } catch (error) {
        init.attempts.end(code)
        throw error
      }
      return taken
    } finally {
      activity.end()
      made()
    }
  }

  /** One experiment. */
  async function turn(worker: number): Promise<Turn> {
    const subject = await init.subject(signal)
    if (subject === null) return { came: "waits" }
    const { task, hardware } = subject
    const proposal = kept.take(task.id, hardware)
    if (proposal !== null) {
      await resume(worker, subject, proposal)
      return { came: "ran" }
    }
    if (!(await ranBaseline(store, task.id, hardware, init.nodeId))) {
      if (isBaselineUnderWay) return { came: "waits" }
      await runBaseline(worker, subject)
      return { came: "ran" }
    }
    const taken = await propose(worker, subject)
    if (typeof taken === "string") {
      if (taken === "nothing_left") init.onNothingToTry(task, subject.taskPackage.candidate.entry)
      return { came: "fruitless", task: task.id }
    }
    await runTaken(worker, subject, taken)
    return { came: "ran" }
  }

  function end(reason: ResearchEnd): void {
    if (ended !== null) return
    ended = reason
    wake()
  }

  async function work(worker: number): Promise<void> {
    const bell = bells[worker] ?? createBell()
    let fruitless = 0
    while (!isOver()) {
      const limit = reached(published)
      if (limit !== null) {
        end(limit)
        break
      }
      // What is under way may be the last that is wanted: nothing is begun beyond it.
      if (reached(published + underWay) !== null) {
        await bell.wait(PAUSE_MS)
        continue
      }
      underWay++
      const done = await turn(worker)
        .catch((error: unknown) => failed(error))
        .finally(() => underWay--)
      fruitless = done.came === "fruitless" ? fruitless + 1 : 0
      if (done.came === "ran") wake()
      if (done.came === "waits") await bell.wait(PAUSE_MS)
      if (done.came === "failed") await pause(RETRY_MS)
      if (done.came === "fruitless") {
        await rest(bell, Math.min(LONGEST_PAUSE_MS, pauseMs * 2 ** (fruitless - 1)), done.task)
      }
    }
  }

  /** Asking may cost: news of the task is no reason to ask again, another task is. */
  async function rest(bell: Bell, ms: number, task: string): Promise<void> {
    const until = performance.now() + ms
    for (let left = ms; left > 0 && !isOver(); left = until - performance.now()) {
      await bell.wait(Math.ceil(left))
      const followed = await init.followed().catch(() => undefined)
      if (followed !== undefined && followed?.id !== task) return
    }
  }

  function failed(error: unknown): Turn {
    if (isSporeError(error, "budget_spent")) {
      end(reached(published) ?? (limits.maxCostUsd === null ? "max_tokens" : "max_cost"))
    } else if (!signal.aborted) init.onFailure(error)
    return { came: "failed" }
  }

  /** Rests whatever wakes the others. */
  async function pause(ms: number): Promise<void> {
    if (ended === null) await delay(ms, undefined, { signal }).catch(() => undefined)
  }

  function wake(): void {
    for (const bell of bells) bell.ring()
  }

  async function untilTime(time: number): Promise<void> {
    while (!isOver() && clock.now() < time) await pause(Math.min(60_000, time - clock.now()))
    if (isOver()) return
    end("until")
    closing.abort()
  }

  return {
    source: handOver.source,
    start: () => {
      const working = bells.map((_, worker) => work(worker))
      const all = Promise.all(working).then(() => {
        if (ended !== null && !stopping.signal.aborted) init.onEnd(ended)
      })
      loops = [all, ...(limits.until === null ? [] : [untilTime(limits.until)])]
    },
    stop: async () => {
      stopping.abort()
      wake()
      await Promise.all(loops)
    },
    wake,
    status: (task) => ({
      proposer: init.proposer,
      workers: init.workers,
      experiments: published,
      limits,
      spent: ledger.run(),
      spentInAll: ledger.inAll(),
      ended,
      claims: task === null ? [] : init.claims.open(task),
    }),
  }
}

/** About how long a run takes, with room: what its budget says in seconds, else what it may take at most. */
function expectedSeconds({ task }: ResearchSubject): number {
  const { budget, replay } = task.body
  return (budget.type === "wall" ? 1.5 * budget.value : budget.killSeconds) * replay.replicates
}

async function ranBaseline(store: Store, task: string, hardware: string, nodeId: string): Promise<boolean> {
  const own = await store.experiments({ task, class: hardware, author: nodeId, sort: "oldest" }, { limit: 1 })
  return own.items.length > 0
}
