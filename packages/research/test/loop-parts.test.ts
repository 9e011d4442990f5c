import { once } from "node:events"
import { setImmediate } from "node:timers/promises"
import { seededRandom, SporeError } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type CandidateProposal,
  createBounded,
  createClaimBook,
  createFallback,
  type Fallback,
  createLedger,
  deadEndsOf,
  faultOf,
  fittingWords,
  isComparable,
  NOTHING_SPENT,
  type PastExperiment,
  type Proposer,
  type ProposerErrorCode,
  type Spending,
} from "../src/index.ts"
import { contextOf } from "./objective.ts"

const random = seededRandom(1)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const by = (agent: string): CandidateProposal => ({ files: new Map(), title: "", hypothesis: "", agent })
const always = (name: string, propose: () => CandidateProposal | null): Proposer => ({
  name,
  propose: async () => propose(),
})
const out = (code: ProposerErrorCode): never => {
  throw new SporeError(code, "out of order")
}

describe("falling back", () => {
  function scene(propose: () => CandidateProposal | null): {
    ask: () => Promise<string | undefined>
    at: { now: number }
    untils: number[]
    count: () => number
    both: Fallback
  } {
    const at = { now: 0 }
    const untils: number[] = []
    let count = 0
    const first = always("first", () => (count++, propose()))
    const onFailure = (_: unknown, until: number): void => void untils.push(until)
    const both = createFallback({
      first,
      spare: always("then", () => by("then")),
      clock: { now: () => at.now },
      onFailure,
    })
    const ask = async (): Promise<string | undefined> => {
      const proposal = await both.propose(contextOf({ random }))
      if (proposal !== null) both.taken(proposal)
      return proposal?.agent
    }
    return { ask, at, untils, count: () => count, both }
  }

  it("takes the first's proposal, and the other's where the first has none", async () => {
    expect(await scene(() => by("first")).ask()).toBe("first")
    expect(await scene(() => null).ask()).toBe("then")
  })

  it("asks a failing first again after a growing while, and at once after a success", async () => {
    let fails = true
    const { ask, at, untils, count } = scene(() => (fails ? out("proposer_failed") : by("first")))
    for (let i = 0; i < 20; i++) {
      expect(await ask()).toBe("then")
      at.now = untils.at(-1) ?? 0
    }
    const pauses = untils.map((until, i) => until - (untils[i - 1] ?? 0))
    expect(pauses.slice(0, 4)).toEqual([10_000, 20_000, 40_000, 80_000])
    expect(Math.max(...pauses)).toBe(600_000)
    fails = false
    expect(await ask()).toBe("first")
    fails = true
    await ask()
    expect((untils.at(-1) ?? 0) - at.now).toBe(10_000)
    const asked = count()
    at.now += 9_999
    expect(await ask()).toBe("then")
    expect(count()).toBe(asked)
  })

  it("leaves a first whose proposals are all refused alone for a growing while, and never the other", async () => {
    const { at, untils, both } = scene(() => by("first"))
    for (const pause of [10_000, 20_000, 40_000]) {
      const proposal = await both.propose(contextOf({ random }))
      if (proposal === null) throw new TypeError("it proposes")
      both.refused(proposal, "syntax error")
      expect((untils.at(-1) ?? 0) - at.now).toBe(pause)
      const other = await both.propose(contextOf({ random }))
      expect(other?.agent).toBe("then")
      if (other !== null) both.refused(other, "known")
      at.now = untils.at(-1) ?? 0
    }
    expect(untils).toHaveLength(3)
  })

  it("leaves one that needs its keeper alone for long, and does not hide a spent budget", async () => {
    const { ask, untils } = scene(() => out("proposer_unavailable"))
    await ask()
    expect(untils).toEqual([30 * 60_000])
    await expect(scene(() => out("budget_spent")).ask()).rejects.toMatchObject({ code: "budget_spent" })
  })
})

describe("a bounded attempt", () => {
  const deaf: Proposer = { name: "deaf", propose: () => new Promise(() => undefined) }

  it("ends after its time though the proposer ignores its signal", async () => {
    await expect(
      createBounded(deaf, { milliseconds: 5, settlingMs: 5 }).propose(contextOf({ random })),
    ).rejects.toMatchObject({
      code: "proposer_failed",
      message: "deaf gave no answer within 0 s",
    })
  })

  it("ends with the caller's signal, before and while it runs", async () => {
    const abort = new AbortController()
    const attempt = createBounded(deaf, { milliseconds: 60_000, settlingMs: 5 }).propose(
      contextOf({ random, signal: abort.signal }),
    )
    abort.abort(new Error("stopped"))
    await expect(attempt).rejects.toThrow("stopped")
    const eager = createBounded(
      always("eager", () => by("eager")),
      { milliseconds: 60_000 },
    )
    await expect(eager.propose(contextOf({ random, signal: abort.signal }))).rejects.toThrow("stopped")
  })

  it("has told what it took before it counts as ended", async () => {
    const abort = new AbortController()
    const told: string[] = []
    const dying: Proposer = {
      name: "dying",
      propose: async ({ signal }) => {
        await once(signal, "abort")
        // As a process does that is killed and collected.
        await setImmediate()
        told.push("usage")
        return by("dying")
      },
    }
    const attempt = createBounded(dying, { milliseconds: 60_000 }).propose(contextOf({ random, signal: abort.signal }))
    abort.abort(new Error("stopped"))
    await expect(attempt).rejects.toThrow("stopped")
    expect(told).toEqual(["usage"])
  })
})

describe("the ledger", () => {
  it("adds up this run and all runs, and no nonsense", () => {
    const saved: Spending[] = []
    const earlier = { ...NOTHING_SPENT, requests: 2, costUsd: 1 }
    const ledger = createLedger(earlier, (all) => void saved.push(all))
    ledger.note({ requests: 1, inputTokens: 10, outputTokens: 5, costUsd: 0.25, seconds: 2 })
    ledger.note({ requests: 1, inputTokens: 10, outputTokens: 5, costUsd: null, seconds: 2 })
    ledger.note({ requests: Number.NaN, inputTokens: -1e9, outputTokens: Infinity, costUsd: -5, seconds: -1 })
    expect(ledger.run()).toEqual({
      requests: 2,
      inputTokens: 20,
      outputTokens: 10,
      costUsd: 0.25,
      seconds: 4,
      unpriced: 1,
    })
    expect(ledger.inAll()).toMatchObject({ requests: 4, costUsd: 1.25 })
    expect(saved.at(-1)).toEqual(ledger.inAll())
  })
})

describe("claims heard", () => {
  it("last as long as they say, newest first, of their task alone", () => {
    let now = 100
    const book = createClaimBook(() => now)
    const claim = { author: "a", parent: "p", task: "t", expires: 200, summary: "one" }
    book.hear(claim)
    book.hear({ ...claim, summary: "two", expires: 150 })
    book.hear({ ...claim, summary: "late", expires: 100 })
    book.hear({ ...claim, summary: "elsewhere", task: "u" })
    expect(book.open("t").map(({ summary }) => summary)).toEqual(["two", "one"])
    now = 150
    expect(book.open("t").map(({ summary }) => summary)).toEqual(["one"])
  })

  it("are bounded, and one key's flood displaces its own", () => {
    const book = createClaimBook(() => 0)
    const claim = { parent: "p", task: "t", expires: 900, summary: "" }
    book.hear({ ...claim, author: "quiet" })
    for (let i = 0; i < 5_000; i++) book.hear({ ...claim, author: "loud" })
    expect(book.open("t")).toHaveLength(65)
    for (let i = 0; i < 5_000; i++) book.hear({ ...claim, author: `loud ${i % 40}` })
    expect(book.open("t")).toHaveLength(1_024)
    expect(book.open("t").filter(({ author }) => author === "quiet")).toHaveLength(1)
  })
})

describe("dead ends", () => {
  const past = (
    id: string,
    parent: string | null,
    status: PastExperiment["status"],
    value: number | null,
  ): PastExperiment => ({
    id,
    parent,
    status,
    value,
    title: `title ${id}`,
    author: "a",
    code: id,
    files: null,
  })
  const history = [
    past("crash", "p", "crash", null),
    past("worse", "p", "discard", 3.5),
    past("other", "elsewhere", "discard", 9),
    past("above", "root", "discard", 5),
    past("p", "root", "keep", 3),
    past("root", null, "keep", 4),
  ]

  it("are what did not help from a parent and its line, nearest first", () => {
    const ends = deadEndsOf({ parent: { id: "p" }, history, goal: "minimize" })
    expect(ends.map(({ id, outcome, distance }) => [id, outcome, distance])).toEqual([
      ["crash", "crashed", 0],
      ["worse", "0.500 worse", 0],
      ["above", "1.00 worse", 1],
    ])
  })

  it("are bounded", () => {
    const many = Array.from({ length: 500 }, (_, i) => past(`d${i}`, "p", "discard", 4))
    expect(deadEndsOf({ parent: { id: "p" }, history: [...many, ...history], goal: "minimize" })).toHaveLength(20)
  })
})

describe("what may run", () => {
  const spec = { editable: ["a.py", "b.txt"], entry: "a.py", language: "python" }
  const parent = new Map([
    ["a.py", bytes("x = 1")],
    ["b.txt", bytes("")],
  ])
  const fault = (files: Record<string, string>): string | null =>
    faultOf(
      { ...by("me"), files: new Map(Object.entries(files).map(([path, text]) => [path, bytes(text)])) },
      parent,
      spec,
    )

  it("is exactly the editable files, whole, of a fair size, as text", () => {
    expect(fault({ "a.py": "x = 2", "b.txt": "" })).toBeNull()
    expect(fault({ "a.py": "x = 2", "b.txt": "", "judge.py": "" })).toMatch('"judge.py" may not be changed')
    expect(fault({ "a.py": "x = 2" })).toMatch("b.txt is missing")
    expect(fault({ "a.py": " \n", "b.txt": "" })).toBe("a.py is empty")
    expect(fault({ "a.py": "x\0", "b.txt": "" })).toBe("a.py is not text")
    expect(fault({ "a.py": "x".repeat(1024 * 1024), "b.txt": "y" })).toMatch("1048577 bytes, 1048576 are allowed")
  })

  it("is compared where it is of a size that could be proposed, whatever strangers publish", () => {
    const of = (size: number): Map<string, Uint8Array> => new Map([["a.py", new Uint8Array(size)]])
    const mebibyte = 1024 * 1024
    expect(isComparable(of(mebibyte), parent)).toBe(true)
    expect(isComparable(of(mebibyte + 1), parent)).toBe(false)
    expect(isComparable(of(4 * mebibyte), of(2 * mebibyte))).toBe(true)
    expect(isComparable(of(4 * mebibyte + 1), of(2 * mebibyte))).toBe(false)
  })

  it("has words that fit into a record", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", " ", "é", "𝒳", "\ud800", "\u0007"), maxLength: 2_000 }),
        (text) => {
          const words = fittingWords({ title: text, hypothesis: text.repeat(9), agent: text })
          expect(bytes(words.title).length).toBeLessThanOrEqual(256)
          expect(bytes(words.hypothesis).length).toBeLessThanOrEqual(8192)
          expect(bytes(words.agent).length).toBeLessThanOrEqual(128)
          expect(words.title).not.toBe("")
          expect(words.title.isWellFormed()).toBe(true)
        },
      ),
      { numRuns: 30 },
    )
    expect(fittingWords({ title: "é".repeat(200), hypothesis: "", agent: "" }).title).toBe("é".repeat(128))
  })
})
