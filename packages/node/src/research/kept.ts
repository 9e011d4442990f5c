import type { Store } from "@spore/dag"
import { z } from "zod"

/** The local key under which they are kept. */
export const KEPT_PROPOSALS = "research-proposals"
/** One per worker and then some. */
const MOST = 128
/** What failed by this host so often is given up. */
const MOST_TRIES = 3

/** A proposal that was taken, with all that running it needs. */
export interface KeptProposal {
  /** Link of the candidate; names it. */
  readonly code: string
  readonly task: string
  readonly class: string
  readonly parent: string
  /** Why that parent. */
  readonly reason: string
  readonly title: string
  readonly hypothesis: string
  readonly agent: string
}

/** Proposals that were taken and have not run to their end; they outlive the process. */
export interface KeptProposals {
  add(proposal: KeptProposal): Promise<void>
  /** One of a task and class that nobody here runs yet; from now on somebody does. */
  take(task: string, hardwareClass: string): KeptProposal | null
  /** Before it runs: what takes the process with it is not tried for ever. */
  begin(code: string): Promise<void>
  /** It was stopped in between through no fault of its own. */
  stopped(code: string): Promise<void>
  /** It failed by this host. */
  failed(code: string): Promise<void>
  /** It ran. */
  done(code: string): Promise<void>
}

const schema = z.array(
  z.strictObject({
    code: z.string(),
    task: z.string(),
    class: z.string(),
    parent: z.string(),
    reason: z.string(),
    title: z.string(),
    hypothesis: z.string(),
    agent: z.string(),
    tries: z.int().min(0),
  }),
)
type Entry = z.infer<typeof schema>[number]

export async function loadKept(store: Pick<Store, "getLocal" | "setLocal">): Promise<KeptProposals> {
  const entries = new Map(
    read(await store.getLocal(KEPT_PROPOSALS))
      .filter(({ tries }) => tries < MOST_TRIES)
      .map((entry) => [entry.code, entry]),
  )
  const taken = new Set<string>()

  function save(): Promise<void> {
    return store.setLocal(KEPT_PROPOSALS, entries.size === 0 ? null : JSON.stringify([...entries.values()]))
  }

  async function count(code: string, more: number): Promise<void> {
    const entry = entries.get(code)
    if (entry === undefined) return
    entries.set(code, { ...entry, tries: Math.max(0, entry.tries + more) })
    await save()
  }

  return {
    add: async (proposal) => {
      entries.set(proposal.code, { ...proposal, tries: 0 })
      taken.add(proposal.code)
      for (const code of [...entries.keys()].slice(0, Math.max(0, entries.size - MOST))) entries.delete(code)
      await save()
    },
    take: (task, hardwareClass) => {
      for (const entry of entries.values()) {
        if (entry.task !== task || entry.class !== hardwareClass || taken.has(entry.code)) continue
        taken.add(entry.code)
        const { tries: _, ...proposal } = entry
        return proposal
      }
      return null
    },
    begin: (code) => count(code, 1),
    stopped: async (code) => {
      await count(code, -1)
      taken.delete(code)
    },
    failed: async (code) => {
      taken.delete(code)
      if ((entries.get(code)?.tries ?? 0) < MOST_TRIES) return
      entries.delete(code)
      await save()
    },
    done: async (code) => {
      taken.delete(code)
      if (entries.delete(code)) await save()
    },
  }
}

function read(text: string | undefined): Entry[] {
  const parsed = schema.safeParse(JSON.parse(text ?? "[]"))
  return parsed.success ? parsed.data : []
}
