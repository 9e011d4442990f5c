import type { SignedObject } from "@spore/records"
import type { IngestResult, Store } from "../store.ts"
import { BATCH, type Offer } from "./ingest.ts"

export interface IngestQueueInit {
  /** Runs work when the writers before it are done. */
  write: <T>(work: () => Promise<T>) => Promise<T>
  /** @throws SporeError */
  ingest: (offers: readonly Offer[], isDurable: boolean) => Promise<IngestResult[]>
}

interface Call {
  readonly objects: readonly SignedObject[]
  readonly sender: string
  readonly isDurable: boolean
  readonly done: PromiseWithResolvers<IngestResult[]>
}

/**
 * Takes the calls that came while others wrote together, as far as they fit into one transaction: many small ones then
 * cost little more than one.
 */
export function createIngestQueue({ write, ingest }: IngestQueueInit): Store["ingest"] {
  let waiting: Call[] = []

  async function takeSome(): Promise<void> {
    const [first] = waiting
    if (first === undefined) return
    let size = 0
    const count = waiting.findIndex(({ objects }) => (size += objects.length) > BATCH)
    // One call may be longer than a transaction.
    const calls = waiting.slice(0, count === -1 ? waiting.length : Math.max(1, count))
    waiting = waiting.slice(calls.length)
    try {
      const offers = calls.flatMap(({ objects, sender }) => objects.map((object) => ({ object, sender })))
      const results = await ingest(
        offers,
        calls.some(({ isDurable }) => isDurable),
      )
      let at = 0
      for (const { objects, done } of calls) done.resolve(results.slice(at, (at += objects.length)))
    } catch (error) {
      for (const { done } of calls) done.reject(error)
    }
  }

  return (objects, sender = "local", { durable = true } = {}) => {
    const done = Promise.withResolvers<IngestResult[]>()
    waiting.push({ objects, sender, isDurable: durable, done })
    // Each call adds a turn; where an earlier turn took it along, its own finds nothing or what came later.
    void write(takeSome)
    return done.promise
  }
}
