import type { Store } from "@spore/dag"
import { SporeError } from "@spore/records"
import { z } from "zod"

/** The local key under which they are kept. */
const KEY = "verify-requests"
const MOST = 64

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
  readonly waiting: Set<PromiseWithResolvers<string>>
  readonly withdrawn: AbortController
}

const schema = z.array(z.string())

export async function loadRequests(store: Pick<Store, "getLocal" | "setLocal">): Promise<RerunRequests> {
  const requests = new Map(readIds(await store.getLocal(KEY)).map((id) => [id, createRequest()]))

  function save(): Promise<void> {
    return store.setLocal(KEY, requests.size === 0 ? null : JSON.stringify([...requests.keys()]))
  }

  async function ask(id: string, signal: AbortSignal | undefined): Promise<string> {
    signal?.throwIfAborted()
    const known = requests.get(id)
    if (known === undefined && requests.size >= MOST) {
      throw new SporeError<RequestErrorCode>("verify_queue_full", `${MOST} reruns are asked for already`, {
        next: "wait for one of them: spore status",
      })
    }
    const request = known ?? createRequest()
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
    ids: () => [...requests.keys()],
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

function createRequest(): Request {
  return { waiting: new Set(), withdrawn: new AbortController() }
}

function readIds(text: string | undefined): string[] {
  const parsed = schema.safeParse(JSON.parse(text ?? "[]"))
  return parsed.success ? parsed.data : []
}
