import { readFileSync } from "node:fs"
import { type AnyRecord, openEnvelope } from "@spore/records"
import { describe, expect, test } from "vitest"
import { FULL_VALIDITY, fullValidityText } from "./full-validity-file.ts"

interface Expected {
  readonly what: string
  readonly id: string
  readonly state: "valid" | "invalid" | "missing"
  readonly missing?: string
  readonly reason?: string
}
interface FactSet {
  readonly name: string
  readonly facts: readonly string[]
  readonly expect: readonly Expected[]
}

const text = readFileSync(FULL_VALIDITY, "utf8")
// The file is this repository's own.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const sets = JSON.parse(text) as FactSet[]

test("full-validity.json is what write-vectors.ts writes", () => {
  expect(fullValidityText() === text).toBe(true)
})

describe.each(sets)("$name", ({ facts, expect: expected }) => {
  const records = facts.map((envelope) => openEnvelope(new Uint8Array(Buffer.from(envelope, "hex"))))
  const states = new Map(expected.map((entry) => [entry.id, entry]))

  test("tells of each fact once, in the order of the facts", () => {
    expect(expected.map(({ id }) => id)).toEqual(records.map(({ id }) => id))
    expect(states.size).toBe(records.length)
  })

  test("comes ancestors first", () => {
    const seen = new Set<string>()
    const ids = new Set(states.keys())
    for (const record of records) {
      for (const link of linksOf(record))
        expect([record.id, seen.has(link) || !ids.has(link)]).toEqual([record.id, true])
      seen.add(record.id)
    }
  })

  test("what is valid rests on valid facts alone, and what misses one names a link that is not valid", () => {
    for (const record of records) {
      const entry = states.get(record.id)
      const lacking = linksOf(record).filter((link) => states.get(link)?.state !== "valid")
      const wanted = { valid: [], missing: [entry?.missing], invalid: lacking }[entry?.state ?? "invalid"]
      expect([record.id, lacking]).toEqual([record.id, wanted])
      expect(entry?.state === "invalid").toBe(entry?.reason !== undefined)
    }
  })
})

test("every reason is shown for every kind that can have it", () => {
  const shown = new Set(
    sets.flatMap(({ facts, expect: expected }) =>
      facts.flatMap((envelope, i) => {
        const { kind } = openEnvelope(new Uint8Array(Buffer.from(envelope, "hex")))
        const reason = expected[i]?.reason ?? expected[i]?.state
        return `${kind} ${reason}`
      }),
    ),
  )
  const linked = ["before_link", "wrong_kind", "other_task", "missing", "valid"]
  const rerun = [...linked, "replicate_without_seed", "score_out_of_bounds"]
  for (const [kind, reasons] of Object.entries({
    task: ["valid"],
    profile: ["valid"],
    claim: ["not_stored"],
    experiment: [...linked, "before_task", "root_not_baseline", "score_count", "score_out_of_bounds"],
    verification: rerun,
    challenge: [...linked, "other_experiment"],
    challenge_response: [...rerun, "other_experiment"],
    dispute: [...linked, "other_experiment"],
  })) {
    for (const reason of reasons) expect(shown).toContain(`${kind} ${reason}`)
  }
})

/** What must be valid for the record to be: all its links to records but a task's `supersedes`. */
function linksOf(record: AnyRecord): string[] {
  switch (record.kind) {
    case "task":
    case "profile":
    case "claim":
      return []
    case "experiment":
      return [record.body.task, ...(record.body.parent === null ? [] : [record.body.parent])].map(String)
    case "verification":
      return [record.body.task, record.body.experiment].map(String)
    case "challenge":
      return [record.body.task, record.body.experiment, ...record.body.evidence].map(String)
    case "challenge_response":
      return [record.body.task, record.body.challenge, record.body.experiment].map(String)
    case "dispute":
      return [record.body.task, record.body.challenge, ...record.body.evidence].map(String)
  }
}
