import type { StateSummary, VerdictState } from "@spore/records"
import { describe, expect, it } from "vitest"
import { type Judged, rank } from "../src/verify/ranks.ts"
import type { VerdictsUnderTest } from "../src/verify/facts.ts"
import { TERMS } from "../src/verify/terms.ts"

/** Promotes what is better and has two voters, whatever the noise. */
const verdicts: VerdictsUnderTest = {
  policy: "test/1",
  scope: () => "state",
  judge: () => [],
  promotes: (_task, { basis }) => Number(basis) >= 2,
  separates: () => true,
}

function experiment(
  id: string,
  parent: string | null,
  value: number | null,
  { voters = 0, verdict = "unverified" }: { voters?: number; verdict?: VerdictState } = {},
): Judged {
  const summary: StateSummary = { value, basis: String(voters) }
  return { id, parent, summary, verdict }
}

function ranks(...experiments: Judged[]): Record<string, string> {
  return Object.fromEntries(
    [...rank(verdicts, TERMS, experiments)].map(([id, { status, promoted, candidate }]) => [
      id,
      [status, promoted ? "promoted" : "", candidate ? "candidate" : ""].filter(Boolean).join(" "),
    ]),
  )
}

describe("ranks of a simulated class", () => {
  it("keeps what is better than its keep ancestor, passing over discards", () => {
    const got = ranks(
      experiment("a", null, 1),
      experiment("b", "a", 0),
      experiment("c", "b", 2),
      experiment("d", "c", null),
    )
    expect(got).toEqual({ a: "keep", b: "discard", c: "keep candidate", d: "crash" })
  })

  it("promotes over the nearest promoted ancestor, and lets nothing refuted displace or be promoted", () => {
    const got = ranks(
      experiment("a", null, 1),
      experiment("b", "a", 2),
      experiment("c", "b", 3, { voters: 2 }),
      experiment("d", "c", 4, { voters: 3, verdict: "refuted" }),
    )
    expect(got).toEqual({ a: "keep", b: "keep", c: "keep promoted candidate", d: "keep" })
  })

  it("does not rank what has no ancestor with a value", () => {
    expect(ranks(experiment("a", null, null), experiment("b", "a", 1))).toEqual({ a: "crash", b: "unranked" })
  })
})
