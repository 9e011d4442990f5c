import {
  type AnyRecord,
  encodeEnvelope,
  type Identity,
  openEnvelope,
  SporeError,
  silentLogger,
  systemClock,
  systemRandom,
} from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { createTransport, type FactSource } from "@spore/transport"

/** What a hostile peer has to give. */
export interface HostilePeerInit {
  readonly identity: Identity
  /** The node that it connects with. */
  readonly victim: string
  readonly task: string
  /** Whatever it signed for that task, whether any honest store would take it or not. */
  readonly records: readonly AnyRecord[]
  readonly artifacts: ArtifactStore
}

/**
 * For as long as `work` lasts, a peer of this process offers its records by sync and serves their files; it takes
 * nothing in.
 */
export async function whileHostile<T>(init: HostilePeerInit, work: () => Promise<T>): Promise<T> {
  const { identity, victim, task, artifacts } = init
  const records = new Map(init.records.map((record) => [record.id, record]))
  const log = `task/${task}`
  const facts: FactSource = {
    open: async (_log, bytes) => bytes.map((envelope) => opened(envelope)),
    receive: async (objects) => objects.map(() => "ignored"),
    logs: async () => [log],
    entries: async (name) => (name === log ? init.records.map(({ id, body }) => ({ id, created: body.created })) : []),
    onStored: () => () => undefined,
    envelopes: async (ids) =>
      ids.map((id) => {
        const record = records.get(id)
        return record === undefined ? null : encodeEnvelope(record)
      }),
    known: async (ids) => new Set(ids.filter((id) => records.has(id))),
    follows: (id) => id === task,
  }
  const transport = createTransport({
    identity,
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: [victim],
    discovery: { exchange: false },
    facts,
    artifacts,
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
  })
  await transport.start()
  try {
    return await work()
  } finally {
    await transport.stop()
  }
}

function opened(envelope: Uint8Array): AnyRecord | SporeError {
  try {
    return openEnvelope(envelope)
  } catch (error) {
    if (error instanceof SporeError) return error
    throw error
  }
}
