import { describe, expect, it } from "vitest"
import { inTurn } from "../../src/verification/queue.ts"

describe("inTurn", () => {
  const due = (["contested", "contested", "top", "sample"] as const).map((reason) => ({ reason }))

  it("begins with what is contested, and lets others between", () => {
    expect(inTurn(due, false).map(({ reason }) => reason)).toEqual(["contested", "contested", "top", "sample"])
    expect(inTurn(due, true).map(({ reason }) => reason)).toEqual(["top", "sample", "contested", "contested"])
  })

  it("goes on with what is contested where nothing else waits", () => {
    expect(inTurn(due.slice(0, 2), true)).toHaveLength(2)
  })
})
