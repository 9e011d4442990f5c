import { type AnyRecord, encodeEnvelope, toHex } from "@spore/records"
import { makeExperiment, makeTask, manualClock, TEST_EPOCH, testIdentity } from "@spore/testkit"
import { memoryFacts } from "./memory-facts.ts"
import { createParty, type Run, sessionBetween } from "./sync-party.ts"

const author = testIdentity(1)
const task = makeTask(author, { description: "" })
const [first, second, third] = [1, 2, 3].map((n) =>
  makeExperiment(testIdentity(n), { task, score: n, created: task.body.created + n }),
)

export interface SessionVector {
  readonly name: string
  /** Unix seconds on both sides. */
  readonly now: number
  /** Envelopes in hex. */
  readonly client: readonly string[]
  readonly server: readonly string[]
  /** Messages in hex, without the length before each. */
  readonly asked: readonly string[]
  readonly answered: readonly string[]
}

/** Sessions of `/spore/sync/1` as they run between two sides of this implementation. */
export async function sessionVectors(): Promise<SessionVector[]> {
  if (first === undefined || second === undefined || third === undefined) throw new TypeError("three experiments")
  return [
    await vector("equal", [task, first], [task, first]),
    await vector("both lack something", [task, first, second], [task, first, third]),
    await vector("first load", [], [task, first, second]),
  ]
}

async function vector(name: string, client: AnyRecord[], server: AnyRecord[]): Promise<SessionVector> {
  const now = TEST_EPOCH + 1000
  const clock = manualClock(now * 1000)
  const parties = [client, server].map((records) => createParty(memoryFacts(...records), {}, clock))
  const [asking, answering] = parties
  if (asking === undefined || answering === undefined) throw new TypeError("two parties")
  const { frames }: Run = await sessionBetween(asking, answering)
  return {
    name,
    now,
    client: client.map((record) => toHex(encodeEnvelope(record))),
    server: server.map((record) => toHex(encodeEnvelope(record))),
    asked: frames.asked.map(toHex),
    answered: frames.answered.map(toHex),
  }
}
