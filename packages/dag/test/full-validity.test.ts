import { fromHex, openEnvelope } from "@spore/records"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { createStore, type IngestStatus } from "../src/index.ts"

const setsSchema = z.array(
  z.strictObject({
    name: z.string(),
    /** Envelopes, ancestors first. */
    facts: z.array(z.string()),
    expect: z.array(
      z.strictObject({
        what: z.string(),
        id: z.string(),
        state: z.enum(["valid", "invalid", "missing"]),
        reason: z.string().optional(),
        missing: z.string().optional(),
      }),
    ),
  }),
)
const sets = setsSchema.parse(
  JSON.parse(readFileSync(new URL("../../../vectors/full-validity.json", import.meta.url), "utf8")),
)
const STATUS: Record<"valid" | "invalid" | "missing", IngestStatus> = {
  valid: "known",
  invalid: "invalid",
  missing: "pending",
}
// After every date that a vector may carry.
const clock = { now: () => Number.MAX_SAFE_INTEGER * 1000 }

describe("vectors/full-validity.json", () => {
  for (const { name, facts, expect: expected } of sets) {
    const records = facts.map((hex) => openEnvelope(fromHex(hex) ?? new Uint8Array()))
    for (const order of ["ancestors first", "descendants first"]) {
      it(`${name}, ${order}`, async () => {
        const store = await createStore({ path: ":memory:", clock })
        const offered = order === "ancestors first" ? records : records.toReversed()
        for (const record of offered) await store.ingest([record])
        const again = await store.ingest(records)
        for (const { what, id, state } of expected) {
          const status = again.find((entry) => entry.id === id)?.status
          expect({ what, status }).toEqual({ what, status: STATUS[state] })
        }
        const valid = expected.filter(({ state }) => state === "valid").map(({ id }) => id)
        expect(new Set((await store.changes(0, 1000)).map(({ id }) => id))).toEqual(new Set(valid))
        // An ancestor that waits itself is not asked for again under its children.
        const missing = expected.flatMap((entry) => entry.missing ?? [])
        expect(new Set(await store.wanted())).toEqual(new Set(missing))
        await store.close()
      })
    }
  }
})
