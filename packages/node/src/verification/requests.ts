import type { Store } from "@spore/dag"
import { SporeError } from "@spore/records"
import { z } from "zod"

/** The local key under which they are kept. */
export const RERUN_REQUESTS = "verify-requests"
const MOST = 64
/** What nobody waits for any longer, and could not be made for so long, is dropped. */
const LONGEST_MS = 7 * 24 * 60 * 60_000

export type RequestErrorCode = "verify_queue_full" | "node_stopped"

/** Reruns that this node's keeper asked for, in order; they are made even if the node stops and starts in between. */
export interface RerunRequests {
  /** Experiments to rerun, first asked first. */
  ids(): readonly string[]
  /**
   * Puts a rerun at the end. Where all who wait for it gave up, it is taken out.
   *
   * @returns the id of the published record
   * @throws SporeError `verify_queue_full`, `node_stopped`, or whatever the rerun failed by
   */
  ask(experiment: string, signal: AbortSignal | undefined): Promise<string>
  /** Aborted once it is taken out. */
  signal(experiment: string): AbortSignal
  done(experiment: string, record: string): Promise<void>
  /** Takes it out; whether anybody waited to hear why. */
  failed(experiment: string, error: unknown): Promise<boolean>
  stop(): void
}

interface Request {
  /** Unix milliseconds. */
  readonly asked: number
  readonly waiting: Set<PromiseWithResolvers<string>>
  readonly withdrawn: AbortController
}

const schema = z.array(z.tuple([z.string(), z.number()]))

/** @param now Unix milliseconds */
export async function loadRequests(
  store: Pick<Store, "getLocal" | "setLocal">,
  now: () => number,
): Promise<RerunRequests> {
  const kept = readRequests(await store.getLocal(RERUN_REQUESTS))
  const requests = new Map(kept.map(([id, asked]) => [id, createRequest(asked)]))

  function save(): Promise<void> {
    return store.setLocal(
      RERUN_REQUESTS,
      requests.size === 0 ? null : JSON.stringify([...requests].map(([id, { asked }]) => [id, asked])),
    )
  }

  async function ask(id: string, signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted()
    const known = requests.get(id)
    if (known === undefined && requests.size >= MOST) {
      throw new SporeError<RequestErrorCode>("verify_queue_full", `${MOST} reruns are asked for already`, {
        next: "wait for one of them: spore status",
      })
    }
    const request = known ?? createRequest(now())
    const waiter = Promise.withResolvers<string>()
    // It may fail while the request is being saved.
    waiter.promise.catch(() => undefined)
    requests.set(id, request)
    request.waiting.add(waiter)
    const giveUp = (): void => {
      request.waiting.delete(waiter)
      waiter.reject(signal?.reason)
      if (request.waiting.size === 0 && requests.get(id) === request) withdraw(id, request)
    }
    signal?.addEventListener("abort", giveUp)
    try {
      await save()
      return await waiter.promise
    } finally {
      signal?.removeEventListener("abort", giveUp)
    }
  }

  function withdraw(id: string, request: Request): void {
    requests.delete(id)
    request.withdrawn.abort()
    // Not saved, it is made once more after a restart: nobody is left to hear of it.
    save().catch(() => undefined)
  }

  /** Takes a request out and gives who waits for it. */
  async function takeOut(id: string): Promise<readonly PromiseWithResolvers<string>[]> {
    const waiting = [...(requests.get(id)?.waiting ?? [])]
    if (requests.delete(id)) await save()
    return waiting
  }

  return {
    ids: () => {
      for (const [id, { asked, waiting }] of requests) {
        if (waiting.size === 0 && now() - asked > LONGEST_MS) requests.delete(id)
      }
      return [...requests.keys()]
    },
    ask,
    signal: (id) => requests.get(id)?.withdrawn.signal ?? AbortSignal.abort(),
    done: async (id, record) => {
      for (const waiter of await takeOut(id)) waiter.resolve(record)
    },
    failed: async (id, error) => {
      const waiting = await takeOut(id)
      for (const waiter of waiting) waiter.reject(error)
      return waiting.length > 0
    },
    stop: () => {
      const error = new SporeError<RequestErrorCode>("node_stopped", "the node stopped before the rerun ended", {
        next: "start it: the rerun is made then",
      })
      for (const { waiting } of requests.values()) for (const waiter of waiting) waiter.reject(error)
    },
  }
}

function createRequest(asked: number): Request {
  return { asked, waiting: new Set(), withdrawn: new AbortController() }
}

function readRequests(text: string | undefined): [string, number][] {
  const parsed = schema.safeParse(JSON.parse(text ?? "[]"))
  return parsed.success ? parsed.data : []
}
