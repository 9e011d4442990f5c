import type { Store } from "@spore/dag"
import { type CID, DAG_PB, envSchema, type Env, mean, parseLink, RAW } from "@spore/records"
import type { EvaluationResult } from "@spore/runner"
import { utf8Tail } from "@spore/runner/user-program"
import { z } from "zod"
import type { Trial, TrialOutcome } from "../node.ts"

/** What the local keys of trials begin with. */
export const TRIALS = "trial/"
/** Most trials kept; each has a local value of its own, so that keeping one writes no other. */
const MOST = 100
const LOG_BYTES = 16 * 1024

/** A trial with all that its record needs: the machine may be another when it is published. */
export interface KeptTrial extends Pick<
  Trial,
  "id" | "task" | "parent" | "code" | "class" | "title" | "hypothesis" | "agent" | "parentValue" | "experiment"
> {
  /** Unix milliseconds. */
  readonly at: number
  /** Where it ran. */
  readonly env: Env
  readonly result: KeptResult
}

/** An evaluation without what only the run itself needed; its object as text. */
export interface KeptResult extends Omit<EvaluationResult, "outcome" | "missing" | "object" | "cpuSeconds"> {
  readonly outcome: TrialOutcome
  readonly object: string | null
}

/** The trials of a node; the oldest goes where there are too many. */
export interface KeptTrials {
  /** Newest first. */
  all(): readonly KeptTrial[]
  get(id: string): KeptTrial | undefined
  /** Keeps a new one, or one that changed. */
  put(trial: KeptTrial): Promise<void>
}

const schema: z.ZodType<KeptTrial> = z.object({
  id: z.string(),
  task: z.string(),
  parent: z.string(),
  code: z.string(),
  class: z.string(),
  title: z.string(),
  hypothesis: z.string(),
  agent: z.string(),
  parentValue: z.number().nullable(),
  experiment: z.string().nullable(),
  at: z.number(),
  env: envSchema,
  result: z.object({
    outcome: z.enum(["ok", "incorrect", "crash", "timeout", "oom", "limit", "infra"]),
    detail: z.string(),
    scores: z.array(z.number()),
    metrics: z.record(z.string(), z.number()),
    feedback: z.string(),
    object: z.string().nullable(),
    judge: z.enum(["separate", "shared"]),
    seconds: z.number(),
    steps: z.number().nullable(),
    peakMemoryMb: z.number().nullable(),
    log: z.string(),
  }),
})

export async function loadTrials(store: Pick<Store, "getLocal" | "setLocal">): Promise<KeptTrials> {
  const slots = await readSlots(store)
  return {
    all: () => newestFirst(slots),
    get: (id) => slots.find((trial) => trial?.id === id) ?? undefined,
    put: async (trial) => {
      const slot = slotFor(slots, trial.id)
      slots[slot] = trial
      await store.setLocal(keyOf(slot), JSON.stringify(trial))
    },
  }
}

/** The trials of a data folder, newest first; a node may run on it meanwhile. */
export async function readTrials(store: Pick<Store, "getLocal">): Promise<Trial[]> {
  return newestFirst(await readSlots(store)).map(viewTrial)
}

/** Artifacts that trials need to be published, and that no fact names yet. */
export async function trialArtifacts(store: Pick<Store, "getLocal">): Promise<CID[]> {
  const waiting = (await readSlots(store)).filter((trial) => trial?.experiment === null)
  const links = waiting.flatMap((trial) => [trial?.code, trial?.result.object])
  return links.flatMap((link) => (typeof link === "string" ? [parseLink(link, RAW, DAG_PB)] : []))
}

export function viewTrial({ at, env: _env, result, ...trial }: KeptTrial): Trial {
  const { outcome, detail, scores, metrics, feedback, seconds, log } = result
  return {
    ...trial,
    outcome,
    detail,
    scores,
    value: scores.length === 0 ? null : mean(scores),
    metrics,
    feedback,
    log: utf8Tail(log, LOG_BYTES),
    seconds,
    created: Math.floor(at / 1000),
  }
}

async function readSlots(store: Pick<Store, "getLocal">): Promise<(KeptTrial | null)[]> {
  return Promise.all(Array.from({ length: MOST }, async (_, slot) => readTrial(await store.getLocal(keyOf(slot)))))
}

/** Null for what another version wrote. */
function readTrial(text: string | undefined): KeptTrial | null {
  const parsed = schema.safeParse(JSON.parse(text ?? "null"))
  return parsed.success ? parsed.data : null
}

/** Its own, else a free one, else that of the oldest. */
function slotFor(slots: readonly (KeptTrial | null)[], id: string): number {
  const own = slots.findIndex((trial) => trial?.id === id)
  if (own !== -1) return own
  const times = slots.map((trial) => trial?.at ?? -Infinity)
  return times.indexOf(Math.min(...times))
}

function newestFirst(slots: readonly (KeptTrial | null)[]): KeptTrial[] {
  return slots.filter((trial) => trial !== null).toSorted((a, b) => b.at - a.at)
}

function keyOf(slot: number): string {
  return `${TRIALS}${slot}`
}
