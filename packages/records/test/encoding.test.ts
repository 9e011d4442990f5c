import { isDeepStrictEqual } from "node:util"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  bytesEqual,
  CID,
  cidOf,
  DAG_CBOR,
  DAG_PB,
  decodeCanonical,
  encodeCanonical,
  isSporeError,
  MAX_DEPTH,
  RAW,
  seededRandom,
  toHex,
} from "../src/index.ts"
import { decodeByLibrary, encodeSloppily } from "./library-codec.ts"

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"))

function refusal(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (isSporeError(error, "bad_encoding")) return error.message
    throw error
  }
  throw new Error("was not refused")
}

const text = fc.string({ unit: "binary" }).filter((value) => !value.startsWith("\uFEFF"))
const key = text.filter((value) => value !== "__proto__" && value !== "/")
const link = fc
  .tuple(fc.constantFrom(DAG_CBOR, RAW, DAG_PB), fc.uint8Array({ maxLength: 40 }))
  .map(([codec, bytes]) => cidOf(codec, bytes))
const number = fc
  .oneof(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer())
  .map((value) => (Object.is(value, -0) ? 0 : value))
const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.uint8Array({ maxLength: 300 }),
    link,
    fc.array(tie("value"), { maxLength: 30 }),
    fc.dictionary(key, tie("value"), { maxKeys: 30, noNullPrototype: true }),
  ),
}))

describe("round trip", () => {
  test("every value of the data model comes back, from one encoding", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encodeCanonical(value)
        const decoded = decodeCanonical(bytes)
        expect(decoded).toEqual(value)
        expect(bytesEqual(encodeCanonical(decoded), bytes)).toBe(true)
      }),
    )
  })

  test("the order in which a map was built does not matter", () => {
    expect(toHex(encodeCanonical({ bb: 1, a: 2, c: 3, "": 4 }))).toBe(
      "a4 60 04 61 61 02 61 63 03 62 62 62 01".replaceAll(" ", ""),
    )
    expect(encodeCanonical({ c: 3, "": 4, a: 2, bb: 1 })).toEqual(encodeCanonical({ bb: 1, a: 2, c: 3, "": 4 }))
    expect(encodeCanonical({ 10: 1, 9: 2 })).toEqual(encodeCanonical(Object.assign({}, { 9: 2 }, { 10: 1 })))
  })

  test.each<[string, unknown, string]>([
    ["zero", 0, "00"],
    ["a small integer", 23, "17"],
    ["one byte", 24, "1818"],
    ["two bytes", 256, "190100"],
    ["the largest integer", Number.MAX_SAFE_INTEGER, "1b001fffffffffffff"],
    ["the smallest integer", Number.MIN_SAFE_INTEGER, "3b001ffffffffffffe"],
    ["a fraction", 0.5, "fb3fe0000000000000"],
    ["2^53, beyond the integers", 2 ** 53, "fb4340000000000000"],
    ["a large whole number", 1e300, "fb7e37e43c8800759c"],
    ["the smallest fraction", 5e-324, "fb0000000000000001"],
    ["an integral number however it was written", 1e3, "1903e8"],
    ["text", "ü", "62c3bc"],
    ["bytes", new Uint8Array([1]), "4101"],
    ["null", null, "f6"],
    ["false", false, "f4"],
    [
      "a link",
      cidOf(RAW, new Uint8Array()),
      "d82a58250001551220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
  ])("%s", (_, value, encoded) => {
    expect(toHex(encodeCanonical(value))).toBe(encoded)
    expect(decodeCanonical(hex(encoded))).toEqual(value)
  })

  test("own keys that objects inherit are keys like any other", () => {
    const value = { constructor: 1, toString: 2, hasOwnProperty: 3, valueOf: null }
    expect(decodeCanonical(encodeCanonical(value))).toEqual(value)
  })
})

describe("what is not canonical is refused", () => {
  test.each<[string, string]>([
    ["nothing", ""],
    ["trailing bytes", "0000"],
    ["keys out of order", "a2 6162 01 6161 02"],
    ["a longer key first", "a2 626161 01 6162 02"],
    ["a duplicate key", "a2 6161 01 6161 02"],
    ["a __proto__ key", "a1 695f5f70726f746f5f5f 01"],
    ["a __proto__ key that holds a map", "a1 695f5f70726f746f5f5f a1 6161 01"],
    ["a key that marks links in DAG-JSON", "a1 612f 01"],
    ["a map that poses as a link", "a2 612f 6178 656279746573 6178"],
    ["an integer key", "a1 01 02"],
    ["a bytes key", "a1 4161 02"],
    ["23 in two bytes", "1817"],
    ["255 in three bytes", "1900ff"],
    ["65535 in five bytes", "1a0000ffff"],
    ["2^32-1 in nine bytes", "1b00000000ffffffff"],
    ["-1 in two bytes", "3800"],
    ["a length in two bytes that fits one", "7801 61"],
    ["a list length in two bytes that fits one", "9800"],
    [
      "a tag in three bytes that fits two",
      "d9002a 5825 0001551220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
    ["1.0 as a float", "fb3ff0000000000000"],
    ["0.5 in four bytes", "fa3f000000"],
    ["0.5 in two bytes", "f93800"],
    ["-0", "fb8000000000000000"],
    ["NaN", "fb7ff8000000000000"],
    ["NaN with a payload", "fb7ff8000000000001"],
    ["short NaN", "f97e00"],
    ["infinity", "fb7ff0000000000000"],
    ["minus infinity", "fbfff0000000000000"],
    ["the integer 2^53", "1b0020000000000000"],
    ["the integer -2^53", "3b001fffffffffffff"],
    ["the integer 2^64-1", "1bffffffffffffffff"],
    ["a list of indefinite length", "9fff"],
    ["a map of indefinite length", "bfff"],
    ["text of indefinite length", "7f6161ff"],
    ["bytes of indefinite length", "5f4101ff"],
    ["a lone break", "ff"],
    ["undefined", "f7"],
    ["another simple value", "e0"],
    ["a simple value in two bytes", "f820"],
    ["reserved heads", "1c"],
    ["a lone surrogate", "63eda080"],
    ["overlong UTF-8", "62c080"],
    ["cut UTF-8", "61c3"],
    ["text that begins with a byte order mark", "64efbbbf61"],
    ["a key that begins with a byte order mark", "a1 63efbbbf 01"],
    ["tag 0", "c0 60"],
    ["tag 2, a bignum", "c2 4101"],
    ["tag 43", "d82b 4100"],
    ["a link of text", "d82a 6100"],
    ["a link of null", "d82a f6"],
    ["a link of a list", "d82a 8100"],
    ["an empty link", "d82a 40"],
    [
      "a link without its zero byte",
      "d82a 5824 01551220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
    [
      "a link with bytes after it",
      "d82a 5826 0001551220e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85500",
    ],
    ...[
      ["version", "8100 55 12 20"],
      ["codec", "01 d500 12 20"],
      ["hash", "01 55 9200 20"],
      ["digest length", "01 55 12 a000"],
    ].map(([what, numbers]): [string, string] => [
      `a link with a padded ${what}`,
      `d82a 5826 00 ${numbers} e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855`,
    ]),
    [
      "a link with a codec beyond 2^53",
      "d82a 582b 00 01 ffffffffffffff7f 12 20 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ],
    ["a list that ends early", "8201"],
    ["a map without its value", "a1 6161"],
    ["text that ends early", "6261"],
    ["a list that claims 2^53 items", "9b0020000000000000 00"],
    ["a map that claims 2^64-1 entries", "bbffffffffffffffff 00"],
    ["bytes that claim 2^64-1", "5bffffffffffffffff 00"],
    ["a head that ends early", "1b0000"],
  ])("%s", (_, encoded) => {
    expect(refusal(() => decodeCanonical(hex(encoded)))).toMatch(/^not canonical DAG-CBOR: /)
  })

  test.each<[string, string]>([
    ["lists", "81"],
    ["maps", "a16161"],
  ])("%s nest to the limit and no further", (_, open) => {
    const nested = (depth: number): Uint8Array => hex(`${open.repeat(depth)}00`)
    expect(MAX_DEPTH).toBe(16)
    expect(encodeCanonical(decodeCanonical(nested(16)))).toEqual(nested(16))
    expect(refusal(() => decodeCanonical(nested(17)))).toContain("nested deeper than 16")
  })

  test("endless nesting ends where the depth does", () => {
    expect(refusal(() => decodeCanonical(hex("d82a".repeat(50_000))))).toContain("a link that is not made of bytes")
    expect(refusal(() => decodeCanonical(hex("81".repeat(200_000))))).toContain("nested deeper than 16")
  })

  test("a link nests like a list or a map, when it is read and when it is written", () => {
    const nested = (depth: number): unknown =>
      Array.from({ length: depth }).reduce((inner: unknown) => [inner], cidOf(RAW, hex("")))
    expect(decodeCanonical(encodeCanonical(nested(15)))).toEqual(nested(15))
    expect(refusal(() => encodeCanonical(nested(16)))).toContain("nested deeper than 16")
    const encoded = toHex(encodeCanonical(nested(0)))
    expect(refusal(() => decodeCanonical(hex(`${"81".repeat(16)}${encoded}`)))).toContain("nested deeper than 16")
  })

  test("messages carry little of hostile input, and nothing that a terminal obeys", () => {
    const bytes = new TextEncoder().encode(`\u001b[2J${"x".repeat(10_000)}`)
    const entry = [0x79, bytes.length >> 8, bytes.length & 255, ...bytes, 0]
    for (const hostile of [
      [0xa2, ...entry, ...entry],
      [0xa1, ...entry, ...entry],
      [0xd8, 42, 0x58, 5, 0, ...bytes],
    ]) {
      const message = refusal(() => decodeCanonical(new Uint8Array(hostile)))
      expect(message).not.toContain("\u001b")
      expect(message.length).toBeLessThan(300)
    }
  })
})

describe("what the data model does not hold is not encoded", () => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["a missing field", { a: undefined }],
    ["a hole in a list", Array.from({ length: 2 })],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["NaN", NaN],
    ["infinity", [Infinity]],
    ["-0", { a: -0 }],
    ["a bigint", 1n],
    ["a Date", new Date(0)],
    ["a Map", new Map([["a", -0]])],
    ["floats of another array type", new Float64Array(2)],
    ["an object with a prototype of its own", Object.create({ a: 1 })],
    ["a __proto__ key", JSON.parse('{"__proto__": 1}')],
    ["a lone surrogate", "a\ud800"],
    ["a lone surrogate in a key", { "\udc00": 1 }],
    ["a byte order mark", "\uFEFFa"],
    ["a map that poses as a link", { "/": "x", bytes: "x" }],
    ["a cycle", cyclic],
  ])("%s", (_, value) => {
    expect(refusal(() => encodeCanonical(value))).toMatch(/^not canonical DAG-CBOR: /)
  })
})

describe("hostile bytes", () => {
  test("random bytes decode to what encodes to them, or are refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => {
        expect([toHex(bytes), "refused"]).toContain(reencoded(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  test("so do valid encodings with bytes changed, cut out or added", () => {
    const change = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 3 }))
    fc.assert(
      fc.property(anyValue, fc.array(change, { minLength: 1, maxLength: 3 }), (value, changes) => {
        const changed = [...encodeCanonical(value)]
        for (const [at, cut, added] of changes) changed.splice(at % (changed.length + 1), cut, ...added)
        const bytes = new Uint8Array(changed)
        expect([toHex(bytes), "refused"]).toContain(reencoded(bytes))
      }),
      { numRuns: 500 },
    )
  })

  test("all strings of one and two bytes are judged as a DAG-CBOR library judges them", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte)
    const strings = bytes.flatMap((first) => [[first], ...bytes.map((second) => [first, second])])
    expect(strings.filter((string) => judgement(Uint8Array.from(string)) === "different")).toEqual([])
    expect(strings.filter((string) => judgement(Uint8Array.from(string)) === "accepted").length).toBeGreaterThan(500)
  })

  test("so are values written by somebody who gets details wrong", () => {
    const oddKey = fc.oneof({ weight: 20, arbitrary: key }, fc.constantFrom("__proto__", "/", "\uFEFF", "bytes"))
    const oddText = fc.oneof({ weight: 20, arbitrary: text }, fc.constantFrom("\uFEFF", "\uFEFFa", "a\uFEFF"))
    const oddNumber = fc.oneof(
      { weight: 10, arbitrary: number },
      fc.constantFrom(-0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 2 ** 64, 1.5, 65504),
    )
    const oddLink = fc.oneof(
      { weight: 5, arbitrary: link },
      fc.constantFrom(
        cidOf(0x0129, hex("")),
        CID.parse("bafkqaaa"),
        CID.parse("QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n"),
      ),
    )
    const { value: oddValue } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(null, true, false),
        oddNumber,
        oddText,
        fc.uint8Array({ maxLength: 40 }),
        oddLink,
        fc.array(tie("value"), { maxLength: 6 }),
        fc.array(fc.tuple(oddKey, tie("value")), { maxLength: 6 }).map((entries) => mapOf(entries)),
      ),
    }))
    const seen = { accepted: 0, refused: 0, different: 0 }
    fc.assert(
      fc.property(oddValue, fc.integer(), fc.boolean(), (value, seed, isCareful) => {
        const random = seededRandom(seed)
        const oneIn = (times: number): boolean => random.next() * (isCareful ? 8 : 1) * times < 1
        const judged = judgement(Uint8Array.from(encodeSloppily(value, oneIn)))
        expect(judged).not.toBe("different")
        seen[judged]++
      }),
      { numRuns: 3000 },
    )
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(300)
  })

  test("so are valid encodings with a bit flipped, bytes cut off, or two parts swapped", () => {
    const change = fc.tuple(fc.constantFrom("flip", "cut", "swap"), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }))
    fc.assert(
      fc.property(anyValue, change, (value, [how, at, to, length]) => {
        const bytes = encodeCanonical(value)
        const [i, j] = [at % bytes.length, to % bytes.length]
        if (how === "flip") bytes[i] = (bytes[i] ?? 0) ^ (1 << (to % 8))
        if (how === "swap") {
          const [a, b] = [bytes.slice(i, i + length), bytes.slice(j, j + length)]
          bytes.set(a.subarray(0, bytes.length - j), j)
          bytes.set(b.subarray(0, bytes.length - i), i)
        }
        expect(judgement(how === "cut" ? bytes.subarray(0, i) : bytes)).not.toBe("different")
      }),
      { numRuns: 1500 },
    )
  })

  // Anything quadratic in these would run into the test's time limit.
  const size = 256 * 1024
  const keys = Array.from({ length: 70_000 }, (_, i) => [0x64, ...Buffer.from(i.toString(36).padStart(4, "0")), 0])
  const ascending = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  test.each<[string, number[]]>([
    ["empty lists", [...head(0x80, size), ...Array.from<number>({ length: size }).fill(0x80)]],
    ["short text", [...head(0x80, size), ...Array.from<number>({ length: size }).fill(0x60)]],
    ["distinct keys", [...head(0xa0, keys.length), ...ascending.flat()]],
  ])("%s in a payload's size decode in linear time", (_, bytes) => {
    expect(reencoded(new Uint8Array(bytes))).toHaveLength(2 * bytes.length)
  })
  test.each<[string, number[]]>([
    ["keys in reverse", [...head(0xa0, keys.length), ...ascending.toReversed().flat()]],
    ["one key again and again", [...head(0xa0, size), ...Array.from({ length: size }, () => [0x61, 0x61, 0]).flat()]],
    ["heads that claim more than there is", Array.from({ length: size / 2 }, () => [0x99, 0xff]).flat()],
  ])("%s in a payload's size are refused in linear time", (_, bytes) => {
    expect(reencoded(new Uint8Array(bytes))).toBe("refused")
  })
})

test("a CID that canonical bytes hold comes back as one", () => {
  const cid = cidOf(RAW, new Uint8Array([1, 2, 3]))
  const decoded = decodeCanonical(encodeCanonical([cid]))
  expect(Array.isArray(decoded) && decoded[0] instanceof CID && decoded[0].equals(cid)).toBe(true)
})

test("a value keeps nothing of the bytes it was read from, and holds plain byte arrays", () => {
  const cid = cidOf(RAW, new Uint8Array([1, 2, 3]))
  const bytes = Buffer.from(encodeCanonical([cid, new Uint8Array([7, 8])]))
  const decoded = decodeCanonical(bytes)
  bytes.fill(0)
  expect(decoded).toEqual([cid, new Uint8Array([7, 8])])
  expect(Array.isArray(decoded) && Buffer.isBuffer(decoded[1])).toBe(false)
})

/** A map that has these keys as its own, `__proto__` too; of a key given twice the last counts. */
function mapOf(entries: [string, unknown][]): object {
  const map = {}
  for (const [name, value] of entries) {
    Object.defineProperty(map, name, { value, configurable: true, enumerable: true, writable: true })
  }
  return map
}

/** How we and a library judge bytes: alike, with the same value where both accept, or differently. */
function judgement(bytes: Uint8Array): "accepted" | "refused" | "different" {
  const expected = decodeByLibrary(bytes)
  let decoded: { value: unknown } | null = null
  try {
    decoded = { value: decodeCanonical(bytes) }
  } catch (error) {
    if (!isSporeError(error, "bad_encoding")) throw error
  }
  if (!isDeepStrictEqual(decoded, expected)) return "different"
  return decoded === null ? "refused" : "accepted"
}

/** Hex of what the decoded value encodes to, or that it was refused in the one way allowed. */
function reencoded(bytes: Uint8Array): string {
  let value: unknown
  try {
    value = decodeCanonical(bytes)
  } catch (error) {
    if (isSporeError(error, "bad_encoding")) return "refused"
    throw error
  }
  return toHex(encodeCanonical(value))
}

/** The head of a list (0x80) or map (0xa0) that claims `count` entries. */
function head(major: number, count: number): number[] {
  return [major | 26, count >>> 24, (count >> 16) & 255, (count >> 8) & 255, count & 255]
}
