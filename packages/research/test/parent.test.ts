import { seededRandom } from "@spore/records"
import { expect, test } from "vitest"
import { chooseParent } from "../src/index.ts"

const options = [
  { id: "best", children: 9 },
  { id: "second", children: 0 },
  { id: "third", children: 9 },
  { id: "fourth", children: 0 },
]

function counts(): Map<string, number> {
  const random = seededRandom(3)
  const chosen = new Map<string, number>()
  for (let i = 0; i < 4000; i++) {
    const id = chooseParent(options, random)?.parent.id ?? ""
    chosen.set(id, (chosen.get(id) ?? 0) + 1)
  }
  return chosen
}

test("nothing is chosen from nothing, and the only one from one", () => {
  expect(chooseParent([], seededRandom(1))).toBeNull()
  expect(chooseParent([{ id: "a", children: 3 }], seededRandom(1))).toEqual({
    parent: { id: "a", children: 3 },
    reason: "the only candidate",
  })
})

test("mostly it is the best; the others by rank and thinness of their branch", () => {
  const of = counts()
  expect((of.get("best") ?? 0) / 4000).toBeCloseTo(0.85, 1)
  expect(of.get("second")).toBeGreaterThan(of.get("fourth") ?? 0)
  expect(of.get("fourth")).toBeGreaterThan(of.get("third") ?? 0)
  expect(of.get("third")).toBeGreaterThan(0)
})

test("it says why", () => {
  const random = seededRandom(3)
  const reasons = new Map(
    Array.from({ length: 200 }, () => chooseParent(options, random)).map((choice) => [
      choice?.parent.id,
      choice?.reason,
    ]),
  )
  expect(reasons.get("best")).toBe("the best candidate")
  expect(reasons.get("second")).toBe("explores a thin branch: rank 2, 0 children so far")
})
