import * as fc from "fast-check"
import { expect, it } from "vitest"
import { compareVersions } from "../../src/launch/index.ts"

const part = fc.oneof(fc.nat(3), fc.nat(999_999)).map(String)
const word = fc.stringMatching(/^[0-9A-Za-z-]{1,6}$/).filter((text) => !/^0\d+$/.test(text))
const version = fc
  .tuple(part, part, part, fc.option(fc.array(word, { minLength: 1, maxLength: 3 })))
  .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre === null ? "" : `-${pre.join(".")}`}`)

it("orders as the standard's own example", () => {
  const ordered = [
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1-9999999999999999999999",
    "1.0.1",
    "1.2.0",
    "1.10.0",
    "2.0.0",
  ]
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered)
})

it("is a total order in which only the same version ranks alike", () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      const [ab, ba] = [Math.sign(compareVersions(a, b)), Math.sign(compareVersions(b, a))]
      expect(ab + ba).toBe(0)
      expect(ab === 0).toBe(a === b)
      const [smallest, , greatest] = [a, b, c].toSorted(compareVersions)
      expect(compareVersions(smallest ?? a, greatest ?? a)).toBeLessThanOrEqual(0)
    }),
  )
})

it("puts a release after all its prereleases, and before the next one's", () => {
  fc.assert(
    fc.property(fc.nat(999), fc.array(word, { minLength: 1, maxLength: 3 }), (patch, words) => {
      const pre = words.join(".")
      expect(compareVersions(`1.2.${patch}-${pre}`, `1.2.${patch}`)).toBeLessThan(0)
      expect(compareVersions(`1.2.${patch}`, `1.2.${patch + 1}-${pre}`)).toBeLessThan(0)
    }),
  )
})
