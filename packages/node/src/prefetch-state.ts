import type { Store } from "@spore/dag"
import { z } from "zod"
import type { Turn, Wish } from "./prefetch-list.ts"

/** The local key under which a node keeps how far it has looked for artifacts. */
const KEY = "prefetch"
/** With more left to fetch, the next start looks through the facts again. */
const MAX_KEPT = 5_000

/** How far a node has looked for artifacts. */
export interface PrefetchState {
  /** Facts up to this number were looked through. */
  readonly seq: number
  /** Artifacts they link to that are not here. */
  readonly wishes: readonly Wish[]
  /** Bytes of artifacts held then. */
  readonly bytes: number
}

const schema = z.object({
  seq: z.int().min(0),
  bytes: z.number().min(0),
  wishes: z.array(z.tuple([z.string(), z.literal([0, 1, 2, 3])])),
})

/** The state last saved; one of the beginning where there is none, or much of what was held is gone. */
export async function loadPrefetch(store: Store, bytes: number): Promise<PrefetchState> {
  const none = { seq: 0, wishes: [], bytes }
  const text = await store.getLocal(KEY)
  if (text === undefined) return none
  const parsed = schema.safeParse(JSON.parse(text))
  if (!parsed.success || bytes < parsed.data.bytes / 2) return none
  return { ...parsed.data, wishes: parsed.data.wishes.map(([id, turn]) => ({ id, turn: turn satisfies Turn })) }
}

export async function savePrefetch(store: Store, { seq, wishes, bytes }: PrefetchState): Promise<void> {
  if (wishes.length > MAX_KEPT) return
  await store.setLocal(KEY, JSON.stringify({ seq, bytes, wishes: wishes.map(({ id, turn }) => [id, turn]) }))
}
