import type { ControlRow, ExperimentRow, RerunRow, Store } from "@spore/dag"
import { CID, type Identity } from "@spore/records"
import type { Publisher } from "../publisher.ts"

/** A challenge that this many keys voted on, and this many seconds did not decide, ends without a decision. */
const UNDECIDED_VOTERS = 4
const UNDECIDED_SECONDS = 7 * 24 * 60 * 60
/** Most links of a record to its evidence. */
const MOST_EVIDENCE = 64
/** Suspect claims looked through at a start. */
const MOST_SUSPECT = 200

/** What follows from reruns: a suspect claim is challenged, and the outcome of a challenge of one's own recorded. */
export interface Disputes {
  /** Challenges a suspect claim that this key reran. */
  challenge(experiment: string): Promise<void>
  /** Records the outcomes of own challenges; first of all, challenges what a stop came before. */
  settle(): Promise<void>
}

export interface DisputesInit {
  identity: Identity
  store: Store
  publisher: Publisher
  /** Unix milliseconds. */
  now(): number
}

export function createDisputes({ identity, store, publisher, now }: DisputesInit): Disputes {
  let isCaughtUp = false

  /** A challenge counts by its evidence alone: whatever stands against a claim is linked, one's own rerun first. */
  async function challenge(id: string): Promise<void> {
    const experiment = await store.experiment(id)
    if (experiment?.verdict !== "suspect") return
    const controls = await store.controls(id)
    if (controls.some(({ kind, author }) => kind === "challenge" && author === identity.nodeId)) return
    const evidence = await evidenceOf(id)
    if (evidence[0]?.author !== identity.nodeId) return
    await publisher.sign(
      "challenge",
      { task: CID.parse(experiment.task), experiment: CID.parse(id), evidence: links(evidence) },
      datesOf(evidence),
    )
  }

  async function settleOne(challenged: ControlRow): Promise<void> {
    const experiment = await store.experiment(challenged.experiment)
    const outcome = experiment === undefined ? null : outcomeOf(experiment, challenged, now() / 1000)
    const evidence = outcome === null ? [] : await evidenceOf(challenged.experiment)
    if (outcome === null || evidence.length === 0) return
    await publisher.sign(
      "dispute",
      { task: CID.parse(challenged.task), challenge: CID.parse(challenged.id), evidence: links(evidence), outcome },
      [challenged.created, ...datesOf(evidence)],
    )
  }

  /** Reruns that count as votes, one's own first. */
  async function evidenceOf(experiment: string): Promise<RerunRow[]> {
    const eligible = (await store.reruns(experiment)).filter((rerun) => rerun.eligible)
    const own = eligible.filter(({ author }) => author === identity.nodeId)
    return [...own, ...eligible.filter(({ author }) => author !== identity.nodeId)].slice(0, MOST_EVIDENCE)
  }

  async function catchUp(): Promise<void> {
    const { items } = await store.experiments({ verdict: "suspect" }, { limit: MOST_SUSPECT })
    for (const { id } of items) await challenge(id)
    isCaughtUp = true
  }

  return {
    challenge,
    settle: async () => {
      if (!isCaughtUp) await catchUp()
      for (const open of await store.openChallenges(identity.nodeId)) await settleOne(open)
    },
  }
}

/** `upheld` and `rejected` are said of the experiment's claim; null while it is not decided. */
function outcomeOf(
  { verdict, voters }: ExperimentRow,
  { created }: ControlRow,
  now: number,
): "upheld" | "rejected" | "inconclusive" | null {
  if (verdict === "upheld") return "upheld"
  if (verdict === "refuted") return "rejected"
  return voters >= UNDECIDED_VOTERS && now >= created + UNDECIDED_SECONDS ? "inconclusive" : null
}

function links(rows: readonly RerunRow[]): CID[] {
  return rows.map((row) => CID.parse(row.id))
}

function datesOf(rows: readonly RerunRow[]): number[] {
  return rows.map((row) => row.created)
}
