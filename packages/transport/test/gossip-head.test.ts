import { type AnyRecord, encodeCanonical, encodeEnvelope, seededRandom, toHex } from "@spore/records"
import { makeClaim, makeTask, randomFacts, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { type Head, readHead } from "../src/gossip/head.ts"

const task = makeTask(testIdentity(1))
const claim = makeClaim(testIdentity(1), { task })
const records: AnyRecord[] = [claim, ...randomFacts(7, 300).all]

function headOf({ kind, body }: AnyRecord): Head {
  return {
    kind,
    task: "task" in body ? body.task : null,
    author: toHex(body.author),
    created: body.created,
    expires: body.kind === "claim" ? body.expires : null,
  }
}

const enveloped = (body: unknown): Uint8Array =>
  encodeEnvelope({ payload: encodeCanonical(body), signature: new Uint8Array(64) })

describe("the head of an envelope", () => {
  it("is what the record says", () => {
    expect(new Set(records.map(({ kind }) => kind)).size).toBe(8)
    for (const record of records) {
      const { task: link, ...head } = readHead(encodeEnvelope(record)) ?? {}
      const { task: expected, ...others } = headOf(record)
      expect(head).toEqual(others)
      expect(link?.toString()).toBe(expected?.toString())
    }
  })

  it("is none where a field that routes is missing, of another type, or of an unknown kind or version", () => {
    const { body } = claim
    expect(readHead(enveloped(body))).not.toBeNull()
    for (const change of [
      { kind: "novelty" },
      { kind: 1 },
      { v: 2 },
      { v: "1" },
      { author: new Uint8Array(31) },
      { author: "a".repeat(32) },
      { created: -1 },
      { created: 1.5 },
      { task: null },
      { task: new Uint8Array(37) },
      { expires: null },
    ]) {
      expect(readHead(enveloped({ ...body, ...change }))).toBeNull()
    }
    for (const field of ["kind", "v", "author", "created", "task", "expires"]) {
      expect(readHead(enveloped(Object.fromEntries(Object.entries(body).filter(([key]) => key !== field))))).toBeNull()
    }
  })

  it("of any bytes is read in bounds, and without an error", () => {
    const random = seededRandom(11)
    const envelope = encodeEnvelope(claim)
    for (let i = 0; i < 5000; i++) {
      const bytes = envelope.slice(0, i % 2 === 0 ? envelope.length : Math.floor(random.next() * envelope.length))
      for (let change = i % 5; change >= 0; change--) {
        bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256)
      }
      expect(() => readHead(bytes)).not.toThrow()
    }
    for (const bytes of [[], [0x82], [0x82, 0x5b, ...Array.from({ length: 8 }, () => 0xff)], [0x82, 0x41, 0xbf]]) {
      expect(readHead(Uint8Array.from(bytes))).toBeNull()
    }
    // A list that says it goes on and on.
    const endless = Uint8Array.from([0xa1, 0x61, 0x78, 0x9b, ...Array.from({ length: 8 }, () => 0xff), 1, 1, 1])
    expect(readHead(encodeEnvelope({ payload: endless, signature: new Uint8Array(64) }))).toBeNull()
  })
})
