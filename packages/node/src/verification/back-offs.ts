import type { Store } from "@spore/dag"
import { z } from "zod"

/** The local key under which they are kept. */
export const BACK_OFFS = "back-offs"
/** After a failure of this host an experiment is left alone for so long, twice as long after each further one. */
const FIRST_MS = 10 * 60_000
const LONGEST_MS = 2 * 60 * 60_000
/** Failures so long ago are forgotten. */
const REMEMBERED_MS = 24 * 60 * 60_000
const MOST = 1_000

/** Experiments that this host could not rerun. */
export interface BackOffs {
  /** Unix milliseconds until when each is left alone. */
  heldBack(): ReadonlyMap<string, number>
  add(experiment: string): Promise<void>
  clear(experiment: string): Promise<void>
}

const schema = z.array(z.strictObject({ id: z.string(), until: z.number(), times: z.int().min(1) }))
type BackOff = z.infer<typeof schema>[number]

/** @param now Unix milliseconds */
export async function loadBackOffs(store: Pick<Store, "getLocal" | "setLocal">, now: () => number): Promise<BackOffs> {
  const held = new Map(read(await store.getLocal(BACK_OFFS)).map((entry) => [entry.id, entry]))

  async function save(): Promise<void> {
    for (const [id, { until }] of held) if (until + REMEMBERED_MS < now()) held.delete(id)
    for (const id of [...held.keys()].slice(0, Math.max(0, held.size - MOST))) held.delete(id)
    await store.setLocal(BACK_OFFS, JSON.stringify([...held.values()]))
  }

  return {
    heldBack: () => new Map([...held.values()].map(({ id, until }) => [id, until])),
    add: async (id) => {
      const times = (held.get(id)?.times ?? 0) + 1
      // Last in the map: the oldest are the first to be forgotten.
      held.delete(id)
      held.set(id, { id, times, until: now() + Math.min(LONGEST_MS, FIRST_MS * 2 ** (times - 1)) })
      await save()
    },
    clear: async (id) => {
      if (held.delete(id)) await save()
    },
  }
}

function read(text: string | undefined): BackOff[] {
  const parsed = schema.safeParse(JSON.parse(text ?? "[]"))
  return parsed.success ? parsed.data : []
}
