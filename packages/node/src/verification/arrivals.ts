import type { Store } from "@spore/dag"
import { z } from "zod"

/** The local key under which they are kept. */
const KEY = "arrivals"
/** What came within so long counts as having come at once. */
const STEP_MS = 30_000
const MOST_STEPS = 512

/** When this node stored its facts, which nobody's dates tell. */
export interface Arrivals {
  /** Unix milliseconds when the fact of this sequence number came: right to half a minute, of long ago to less. */
  at(seq: number): number
  /** Facts up to this number are here now. */
  note(seq: number): Promise<void>
}

const schema = z.array(z.tuple([z.int().min(0), z.number()]))

/** @param now Unix milliseconds */
export async function loadArrivals(store: Pick<Store, "getLocal" | "setLocal">, now: () => number): Promise<Arrivals> {
  // By number, ascending: facts up to it came by that time.
  let steps = readSteps(await store.getLocal(KEY))

  return {
    at: (seq) => steps.find(([last]) => last >= seq)?.[1] ?? now(),
    note: async (seq) => {
      const last = steps.at(-1)
      if (last !== undefined && seq <= last[0]) return
      if (last !== undefined && now() - last[1] < STEP_MS) {
        last[0] = seq
        return
      }
      steps.push([seq, now()])
      if (steps.length > MOST_STEPS) steps = steps.filter((_, i) => i % 2 === 1 || i === steps.length - 1)
      await store.setLocal(KEY, JSON.stringify(steps))
    },
  }
}

function readSteps(text: string | undefined): [number, number][] {
  const parsed = schema.safeParse(JSON.parse(text ?? "[]"))
  return parsed.success ? parsed.data : []
}
