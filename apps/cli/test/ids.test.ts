import { expect, test } from "vitest"
import { failureOf } from "../src/errors.ts"
import { idPrefix, shortId, shortNode } from "../src/ids.ts"

const ID = "bafyreif2q5uwdtbsm7yjxs3lkqvyjpqjkdmtysbp4o3hwvc6lc5xmaxqbi"

test("ids and node ids are shown by what tells them apart", () => {
  expect(shortId(ID)).toBe("f2q5uwdt")
  expect(shortNode("12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo")).toBe("QYhTNQdm")
})

test.each([ID, "bafyreif2q5", "f2q5", "F2Q5UWDT", shortId(ID)])("%s names an id", (text) => {
  expect(ID.startsWith(idPrefix(text)) || idPrefix(text) === ID).toBe(true)
})

test.each(["", "f2q", "bafyreif2q", "f2q5!", "../../key", "1890"])("%j is no id, and that is a usage error", (text) => {
  let thrown: unknown
  try {
    idPrefix(text)
  } catch (error) {
    thrown = error
  }
  expect(failureOf(thrown)).toMatchObject({ code: "bad_usage", exit: 2 })
})
