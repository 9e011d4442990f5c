import {
  type AnyRecord,
  type BodyOf,
  type CID,
  type Clock,
  type Identity,
  type Kind,
  type Run,
  signRecord,
  SporeError,
  type SporeRecord,
  unixSeconds,
} from "@spore/records"
import { addFile, type ArtifactStore } from "@spore/records/artifacts"
import type { Store } from "@spore/dag"
import type { EvaluationResult } from "@spore/runner"

export type PublishErrorCode = "publish_refused"

/** Signs and stores facts of this node's own; the change feed sends them on. */
export interface Publisher {
  /** Stores a record. @throws SporeError `publish_refused` where the store does not take it */
  publish(record: AnyRecord): Promise<void>
  /** Signs a body dated now, or at its newest ancestor where this clock is behind, and publishes it. */
  sign<K extends Kind>(
    kind: K,
    fields: Omit<BodyOf[K], "kind" | "v" | "author" | "created">,
    ancestors: readonly number[],
  ): Promise<SporeRecord<K>>
  /** Stores a run's output as an artifact; null where it said nothing. */
  keepLog(text: string): Promise<CID | null>
}

export interface PublisherInit {
  identity: Identity
  store: Store
  artifacts: ArtifactStore
  clock: Clock
}

export function createPublisher({ identity, store, artifacts, clock }: PublisherInit): Publisher {
  async function publish(record: AnyRecord): Promise<void> {
    const [result] = await store.ingest([record])
    if (result?.status !== "stored" && result?.status !== "known") {
      throw new SporeError<PublishErrorCode>(
        "publish_refused",
        `the store did not take the ${record.kind}: ${result?.reason ?? result?.status}`,
      )
    }
  }

  return {
    publish,
    sign: async (kind, fields, ancestors) => {
      const created = Math.max(unixSeconds(clock), ...ancestors)
      // The compiler cannot see that adding `created` completes the body of a generic kind.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      const complete = { ...fields, created } as Omit<BodyOf[typeof kind], "kind" | "v" | "author">
      const record = signRecord(identity, kind, complete)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
      await publish(record as AnyRecord)
      return record
    },
    keepLog: async (text) => (text === "" ? null : addFile(artifacts, new TextEncoder().encode(text))),
  }
}

/** The publishable part of an evaluation; null where it says nothing about the candidate. */
export function runOf(result: EvaluationResult): Run | null {
  const { outcome, scores, metrics, seconds, steps, peakMemoryMb } = result
  if (outcome === "infra" || outcome === "aborted") return null
  const recorded = outcome === "oom" || outcome === "limit" ? "crash" : outcome
  return { outcome: recorded, scores, metrics, seconds, steps, peakMemoryMb }
}
