import { expect, test } from "vitest"
import { failureOf } from "../src/errors.ts"
import { idPrefixes, shortId, shortNode } from "../src/ids.ts"

const ID = "bafyreif2q5uwdtbsm7yjxs3lkqvyjpqjkdmtysbp4o3hwvc6lc5xmaxqbi"

test("ids and node ids are shown by what tells them apart", () => {
  expect(shortId(ID)).toBe("f2q5uwdt")
  expect(shortNode("12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo")).toBe("QYhTNQdm")
})

test.each([ID, "bafyreif2q5", "f2q5", "F2Q5UWDT", shortId(ID)])("%s names an id", (text) => {
  expect(idPrefixes(text).some((prefix) => ID.startsWith(prefix))).toBe(true)
})

test.each(["", "f2q", "bafyreif2q", "f2q5!", "../../key", "189", "189g", "0".repeat(65)])(
  "%j is no id, and that is a usage error",
  (text) => {
    let thrown: unknown
    try {
      idPrefixes(text)
    } catch (error) {
      thrown = error
    }
    expect(failureOf(thrown)).toMatchObject({ code: "bad_usage", exit: 2 })
  },
)

test("hex digits may begin an id of the 0.6 network, of this one, or either", () => {
  expect(idPrefixes("18AF")).toEqual(["18af"])
  expect(idPrefixes("beef")).toEqual(["bafyreibeef", "beef"])
  expect(idPrefixes("0f".repeat(32))).toEqual(["0f".repeat(32)])
})
