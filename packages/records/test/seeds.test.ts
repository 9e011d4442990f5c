import { createHash } from "node:crypto"
import { describe, expect, test } from "vitest"
import { experimentSeed, type TaskBody, verificationSeed } from "../src/index.ts"
import { author, verifier, worked } from "./worked-objects.ts"

const exact = worked.task.body
const noisy: TaskBody = { ...exact, replay: { ...exact.replay, mode: "noisy", seeds: [] } }
const { code } = worked.experiment.body

describe("exact replay", () => {
  test("takes the manifest's seeds, for author and verifier alike", () => {
    expect([0, 1].map((i) => experimentSeed(exact, code, author.publicKey, i))).toEqual([1, 2147483647])
    expect([0, 1].map((i) => verificationSeed(exact, worked.experiment.cid, verifier.publicKey, i))).toEqual([
      1, 2147483647,
    ])
  })
})

describe("derived seeds", () => {
  // These values are part of the protocol: docs/spec/05-validity.md shows them.
  test("are those of the worked example", () => {
    expect([0, 1, 65535].map((i) => experimentSeed(noisy, code, author.publicKey, i))).toEqual([
      147352845, 873638317, 801481693,
    ])
    expect([0, 1, 65535].map((i) => verificationSeed(noisy, worked.experiment.cid, verifier.publicKey, i))).toEqual([
      541523300, 1177029464, 454349350,
    ])
  })

  test("are 31 bits of the hash of link, key and number", () => {
    for (const replicate of [0, 1, 255, 256, 65535]) {
      const number = Buffer.alloc(4)
      number.writeUInt32BE(replicate)
      const hash = createHash("sha256").update(code.bytes).update(author.publicKey).update(number).digest()
      expect(experimentSeed(noisy, code, author.publicKey, replicate)).toBe(hash.readUInt32BE(0) % 2 ** 31)
    }
  })

  test("differ by code, key and replicate, and fit 31 bits", () => {
    const seeds = Array.from({ length: 200 }, (_, i) => experimentSeed(noisy, code, author.publicKey, i))
    seeds.push(experimentSeed(noisy, code, verifier.publicKey, 0))
    seeds.push(experimentSeed(noisy, worked.task.body.bundle, author.publicKey, 0))
    expect(new Set(seeds).size).toBe(202)
    for (const seed of seeds) expect(seed >= 0 && seed < 2 ** 31 && Number.isInteger(seed)).toBe(true)
  })
})
