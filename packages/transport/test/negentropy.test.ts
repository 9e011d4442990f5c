import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { isSporeError, type Random, seededRandom } from "@spore/records"
import { randomBelow, shuffled } from "@spore/testkit"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import {
  answerReconciliation,
  createItemSet,
  type Difference,
  digestOf,
  initiateReconciliation,
  type InitiateOptions,
  type ItemSet,
  packEntry,
  timeOf,
} from "../src/negentropy/index.ts"

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"))
const digestsOf = (entries: readonly Uint8Array[]): string[] => entries.map((item) => hex(digestOf(item)))

/** Reconciles two sets as two sides would; counts rounds and bytes. */
async function reconcile(
  client: ItemSet,
  server: ItemSet,
  options: InitiateOptions = {},
): Promise<Difference & { rounds: number; bytes: number }> {
  const reconciliation = initiateReconciliation(client, options)
  let message: Uint8Array | null = reconciliation.begin()
  let rounds = 0
  let bytes = 0
  while (message !== null) {
    const answer = await answerReconciliation(server, message, options)
    rounds++
    bytes += message.length + answer.length
    expect(message.length).toBeLessThanOrEqual(options.frameBytes ?? Infinity)
    expect(answer.length).toBeLessThanOrEqual(options.frameBytes ?? Infinity)
    expect(rounds).toBeLessThan(5000)
    message = await reconciliation.next(answer)
  }
  return { ...reconciliation.difference(), rounds, bytes }
}

function entry(time: number | bigint, n: number): Uint8Array {
  return packEntry(time, createHash("sha256").update(`${n}`).digest())
}

const vectors = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      frameSizeLimit: z.number(),
      items: z.array(z.tuple([z.number(), z.string(), z.number(), z.number()])),
      fingerprintClient: z.string(),
      fingerprintServer: z.string(),
      transcript: z.array(z.object({ from: z.enum(["client", "server"]), msg: z.string() })),
      clientHas: z.array(z.string()),
      clientNeeds: z.array(z.string()),
    }),
  ),
})
const { cases } = vectors.parse(
  JSON.parse(await readFile(new URL("../../../vectors/negentropy/v1.json", import.meta.url), "utf8")),
)

describe.each(cases)("the recorded run $name", ({ items, fingerprintClient, fingerprintServer, ...recorded }) => {
  const client = createItemSet(items.filter((item) => item[2] === 1).map(([time, id]) => packEntry(time, bytesOf(id))))
  const server = createItemSet(items.filter((item) => item[3] === 1).map(([time, id]) => packEntry(time, bytesOf(id))))
  const { transcript, clientHas, clientNeeds } = recorded

  it("has the same fingerprints", () => {
    expect(hex(client.fingerprint())).toBe(fingerprintClient)
    expect(hex(server.fingerprint())).toBe(fingerprintServer)
  })

  it("is understood message by message as the asking side", async () => {
    const reconciliation = initiateReconciliation(client)
    reconciliation.begin()
    const answers = transcript.filter(({ from }) => from === "server")
    for (const [i, { msg }] of answers.entries()) {
      const next = await reconciliation.next(bytesOf(msg))
      expect(next === null).toBe(i === answers.length - 1)
    }
    const { have, need } = reconciliation.difference()
    expect(digestsOf(have).toSorted()).toEqual(clientHas.toSorted())
    expect(need.map(hex).toSorted()).toEqual(clientNeeds.toSorted())
  })

  it("is understood message by message as the answering side", async () => {
    const said = await Promise.all(
      transcript
        .filter(({ from }) => from === "client")
        .map(async ({ msg }) => hex(await answerReconciliation(server, bytesOf(msg)))),
    )
    expect(said).toHaveLength(transcript.filter(({ from }) => from === "server").length)
    // Where the recorded side had nothing to object, neither has this one.
    for (const [i, answer] of transcript.filter(({ from }) => from === "server").entries()) {
      expect(said[i] === "61").toBe(answer.msg === "61")
    }
  })

  it("ends with the same differences with this implementation on both sides", async () => {
    for (const frameBytes of [4096, 512 * 1024]) {
      const { have, need, isComplete } = await reconcile(client, server, { frameBytes })
      expect(digestsOf(have).toSorted()).toEqual(clientHas.toSorted())
      expect(need.map(hex).toSorted()).toEqual(clientNeeds.toSorted())
      expect(isComplete).toBe(true)
    }
  })
})

describe("a set", () => {
  it("gives the fingerprint of any range as if it were added up, whatever the order of inserts", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), fc.integer(), fc.nat(), fc.nat(), (count, seed, a, b) => {
        const random = seededRandom(seed)
        const entries = Array.from({ length: count }, (_, i) => entry(randomBelow(random, 50), i))
        const set = createItemSet()
        for (const item of entries) {
          expect(set.insert(item)).toBe(true)
          // Queries in between leave nothing stale behind.
          if (randomBelow(random, 20) === 0) set.fingerprint(0, randomBelow(random, set.size + 1))
        }
        for (const item of shuffled(random, entries).slice(0, 20)) expect(set.insert(item)).toBe(false)
        const sorted = entries.toSorted((x, y) => Buffer.compare(x, y))
        const [from = 0, to = 0] = [a % (count + 1), b % (count + 1)].toSorted((x, y) => x - y)
        expect(set.size).toBe(count)
        expect(set.slice(from, to)).toEqual(sorted.slice(from, to))
        expect(hex(set.fingerprint(from, to))).toBe(hex(plainFingerprint(sorted.slice(from, to))))
        for (const i of [from, to]) {
          const at = sorted[i]
          if (at === undefined) continue
          expect(set.indexOf(at)).toBe(i)
          expect(set.at(i)).toEqual(at)
          expect(set.has(at)).toBe(true)
        }
        expect(set.has(entry(51, 0))).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it("costs one comparison of sums where both are the same, however large", async () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => entry(i, i))
    const { rounds, bytes, have, need } = await reconcile(createItemSet(entries), createItemSet(entries.toReversed()))
    expect({ rounds, have, need }).toEqual({ rounds: 1, have: [], need: [] })
    expect(bytes).toBeLessThan(1024)
  })
})

/** What two sides may differ in. */
const SCENES: Record<string, (random: Random, n: number) => { time: number | bigint; who: number }> = {
  "in one place": (_, n) => ({ time: n, who: n > 400 && n < 500 ? n % 3 : 2 }),
  "here and there": (random, n) => ({ time: n, who: randomBelow(random, 20) === 0 ? randomBelow(random, 2) : 2 }),
  "within the same second": (random) => ({ time: 7, who: randomBelow(random, 10) === 0 ? randomBelow(random, 2) : 2 }),
  "in everything": (random, n) => ({ time: n % 17, who: randomBelow(random, 2) }),
  "with nothing on one side": (_, n) => ({ time: n, who: 0 }),
  "with nothing on the other": (_, n) => ({ time: n, who: 1 }),
  "beyond 2^53": (random, n) => ({ time: 2n ** 64n - 2n - BigInt(n % 300), who: randomBelow(random, 3) }),
  "around 2^32": (random, n) => ({ time: 2 ** 32 - 300 + n, who: randomBelow(random, 3) }),
}

describe.each(Object.entries(SCENES))("two sets that differ %s", (_, scene) => {
  it.each([1, 2, 3])("find out in what (seed %i)", async (seed) => {
    const random = seededRandom(seed)
    const sides: [Uint8Array[], Uint8Array[]] = [[], []]
    for (let n = 0; n < 900; n++) {
      const { time, who } = scene(random, n)
      const item = entry(time, n)
      if (who !== 1) sides[0].push(item)
      if (who !== 0) sides[1].push(item)
    }
    const [client, server] = sides.map((entries) => createItemSet(shuffled(random, entries)))
    if (client === undefined || server === undefined) throw new Error("two sides")
    const theirs = new Set(digestsOf(sides[1]))
    const mine = new Set(digestsOf(sides[0]))
    const inOrder = (entries: readonly Uint8Array[]): string[] =>
      digestsOf(entries.toSorted((a, b) => Buffer.compare(a, b)))
    for (const frameBytes of [4096, 10_000, 512 * 1024]) {
      const { have, need, isComplete } = await reconcile(client, server, { frameBytes })
      expect(isComplete).toBe(true)
      expect(digestsOf(have)).toEqual(inOrder(sides[0]).filter((digest) => !theirs.has(digest)))
      expect(need.map(hex)).toEqual(inOrder(sides[1]).filter((digest) => !mine.has(digest)))
    }
  })
})

describe("a reconciliation", () => {
  const many = Array.from({ length: 2000 }, (_, i) => entry(i, i))

  it("of a part leaves the rest out", async () => {
    const from = packEntry(500, new Uint8Array(32))
    const until = packEntry(700, new Uint8Array(32))
    const { have, need } = await reconcile(createItemSet(many.slice(0, 600)), createItemSet(many.slice(550)), {
      from,
      until,
    })
    expect(have.map((item) => Number(timeOf(item)))).toEqual(Array.from({ length: 50 }, (_, i) => 500 + i))
    expect(need).toHaveLength(100)
  })

  it("stops at the most differences it may find, and goes on from what was settled", async () => {
    const client = createItemSet(many.slice(0, 1000))
    const server = createItemSet(many)
    let passes = 0
    for (let isComplete = false; !isComplete; passes++) {
      const found = await reconcile(client, server, { maxDifferences: 100 })
      expect(found.have).toEqual([])
      expect(found.need.length).toBeLessThan(100 + many.length / 16)
      for (const digest of found.need) {
        const item = many.find((candidate) => Buffer.compare(digestOf(candidate), digest) === 0)
        if (item !== undefined) client.insert(item)
      }
      ;({ isComplete } = found)
    }
    expect(client.fingerprint()).toEqual(server.fingerprint())
    expect(passes).toBeGreaterThan(3)
  })

  it("bears inserts on both sides while it is under way", async () => {
    const random = seededRandom(4)
    const client = createItemSet(many.filter(() => randomBelow(random, 2) === 0))
    const server = createItemSet(many.filter(() => randomBelow(random, 2) === 0))
    const insertSome = async (): Promise<void> => {
      for (let i = 0; i < 3; i++) for (const set of [client, server]) set.insert(entry(randomBelow(random, 3000), 1e6))
    }
    await reconcile(client, server, { frameBytes: 4096, pause: insertSome })
    const { have, need, isComplete } = await reconcile(client, server)
    const lacking = (set: ItemSet, other: ItemSet): number =>
      other.slice(0, other.size).filter((item) => !set.has(item)).length
    expect({ have: have.length, need: need.length, isComplete }).toEqual({
      have: lacking(server, client),
      need: lacking(client, server),
      isComplete: true,
    })
  })

  it("answers a later version with its own", async () => {
    const set = createItemSet(many)
    expect(await answerReconciliation(set, Uint8Array.of(0x62, 1, 2))).toEqual(Uint8Array.of(0x61))
    await expect(initiateReconciliation(set).next(Uint8Array.of(0x62))).rejects.toMatchObject({
      code: "unsupported_version",
    })
  })

  it("refuses frames too small to get on in", () => {
    expect(() => initiateReconciliation(createItemSet(), { frameBytes: 4095 })).toThrow(RangeError)
  })
})

describe("a message that is none", () => {
  const set = createItemSet(Array.from({ length: 100 }, (_, i) => entry(i, i)))
  const bad: [string, string, string][] = [
    ["nothing", "", "bad_message"],
    ["no version", "00", "bad_message"],
    ["half a bound", "6181", "bad_message"],
    ["a bound without its mode", "610000", "bad_message"],
    ["a mode that is none", "61000003", "bad_message"],
    ["half a fingerprint", "61000001ff", "bad_message"],
    ["more ids than bytes", "610000028fffff7f", "bad_message"],
    ["a prefix longer than a digest", `610021${"00".repeat(33)}00`, "bad_message"],
    ["a number without end", `61${"ff".repeat(40)}`, "bad_message"],
    ["a time beyond 64 bits", "6182ffffffffffffffff7f0000020000", "bad_message"],
    ["ranges out of order", "610202aaaa000101aa00", "bad_message"],
    ["more ranges than are dealt with", `61${"010000".repeat(70_000)}`, "over_limit"],
  ]
  it.each(bad)("is refused: %s", async (_, message, code) => {
    await expect(answerReconciliation(set, bytesOf(message))).rejects.toMatchObject({ code })
    await expect(initiateReconciliation(set).next(bytesOf(message))).rejects.toMatchObject({ code })
  })

  it("is refused or answered within bounds whatever its bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const message = Uint8Array.of(0x61, ...bytes)
        const outcome = await answerReconciliation(set, message, { frameBytes: 4096 }).then(
          (answer) => (answer.length <= 4096 ? "answered" : "too long"),
          (error: unknown) => (isSporeError(error) ? error.code : "failed"),
        )
        expect(["answered", "bad_message", "over_limit"]).toContain(outcome)
      }),
    )
  })

  it("cannot make more of a message than its frame, however many ranges differ", async () => {
    const large = createItemSet(Array.from({ length: 5000 }, (_, i) => entry(i, i)))
    // A fingerprint that fits nothing for each second.
    const message = bytesOf(`61${`020001${"ee".repeat(16)}`.repeat(5000)}`)
    const answer = await answerReconciliation(large, message, { frameBytes: 8192 })
    expect(answer.length).toBeLessThanOrEqual(8192)
    expect(answer.length).toBeGreaterThan(4096)
  })

  it("of a side that lies each time ends with the rounds that are allowed", async () => {
    const random = seededRandom(9)
    const reconciliation = initiateReconciliation(set, { maxDifferences: 1000 })
    let message: Uint8Array | null = reconciliation.begin()
    for (let round = 0; message !== null && round < 100; round++) {
      // Another set each time: nothing it said before holds.
      const lie = createItemSet(Array.from({ length: 200 }, () => entry(randomBelow(random, 100), random.next())))
      message = await reconciliation.next(await answerReconciliation(lie, message))
      expect(message?.length ?? 0).toBeLessThan(512 * 1024)
    }
    expect(reconciliation.difference().need.length).toBeLessThan(1000 + 512 * 32)
  })
})

/** As the text has it: the sum of the digests as little-endian numbers, with their count, hashed. */
function plainFingerprint(entries: readonly Uint8Array[]): Uint8Array {
  let sum = 0n
  for (const item of entries) sum += BigInt(`0x${hex(digestOf(item).toReversed())}`)
  const bytes = bytesOf((sum % 2n ** 256n).toString(16).padStart(64, "0")).toReversed()
  const count = entries.length
  const digits = count < 128 ? [count] : [(count >> 7) | 0x80, count & 0x7f]
  return createHash("sha256").update(bytes).update(Uint8Array.from(digits)).digest().subarray(0, 16)
}
