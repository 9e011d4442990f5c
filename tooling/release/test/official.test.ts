import { OFFICIAL_CHANNEL, OFFICIAL_ROOT } from "@spore/operator"
import { Root } from "@tufjs/models"
import { expect, test } from "vitest"
import { decode, isOf } from "../src/index.ts"

test("the root that ships is signed by two of three keys, and holds for a year", () => {
  const root = decode(OFFICIAL_ROOT)
  if (!isOf(root, Root)) throw new TypeError("not a root")
  root.verifyDelegate("root", root)
  expect(root.signed.roles["root"]).toMatchObject({ threshold: 2 })
  expect(root.signed.roles["root"]?.keyIDs).toHaveLength(3)
  const issued = Date.parse(String(root.signed.unrecognizedFields["issued"]))
  expect(Date.parse(root.signed.expires) - issued).toBe(365 * 86_400_000)
})

test("the official channel is asked over TLS", () => {
  expect(new URL(OFFICIAL_CHANNEL).protocol).toBe("https:")
})
