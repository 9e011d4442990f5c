import { createHash } from "node:crypto"
import { readdirSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import {
  cidOf,
  encodeCanonical,
  encodeEnvelope,
  MAX_ENVELOPE,
  MAX_PAYLOAD,
  maxPayload,
  openEnvelope,
  RAW,
  toHex,
} from "../src/index.ts"
import { smallOrderKeys } from "./curve.ts"
import { specText } from "./spec-tables.ts"
import { hexBytes, readVectors, VECTORS } from "./vector-format.ts"

const objects = readVectors(
  "objects.json",
  z.looseObject({
    objects: z.array(z.looseObject({ kind: z.string(), envelope: hexBytes, signedMessage: hexBytes, id: z.string() })),
  }),
).objects.slice(0, 8)
const examples = specText("10-examples.md")
const parts = readdirSync(new URL("../docs/spec/", VECTORS)).filter((name) => name.endsWith(".md"))

describe.each(objects)("the worked example of a $kind", ({ kind, envelope, signedMessage, id }) => {
  const message = block(`message of the ${kind}`)
  const bytes = new Uint8Array(Buffer.from(block(`envelope of the ${kind}`), "hex"))
  const record = openEnvelope(envelope)

  test("shows the bytes of the frozen object", () => {
    expect(toHex(bytes)).toBe(toHex(envelope))
    expect(toHex(encodeEnvelope(openEnvelope(bytes)))).toBe(toHex(envelope))
    expect(message + toHex(record.payload)).toBe(toHex(signedMessage))
  })

  test("names it", () => {
    const section = examples.split(/^## /m).find((text) => text.split("\n")[0]?.endsWith(` ${kind}`)) ?? ""
    const digest = createHash("sha256").update(record.payload).digest("hex")
    for (const cell of [id, digest, `01711220${digest}`, toHex(record.body.author)]) expect(section).toContain(cell)
    expect(section).toContain(`${record.payload.length} bytes`)
  })
})

test("the encodings that part 1 shows are those of their values", () => {
  const [, shown = ""] = specText("01-encoding.md").split("## 1.5")
  const values = [23, 24, -1, 2 ** 53 - 1, 2 ** 53, 0.5, "ü", { bb: 1, a: 2, c: 3, "": 4 }]
  const hexes = [...shown.matchAll(/`((?:[0-9a-f]{2,} ?)+)`/g)].map(([, hex = ""]) => hex.replaceAll(" ", ""))
  expect(hexes).toEqual(values.map((value) => toHex(encodeCanonical(value))))
  expect(toHex(encodeCanonical(cidOf(RAW, new Uint8Array())))).toMatch(/^d82a58250001551220e3b0c442.*7852b855$/)
})

test("the keys of small order that part 2 lists are all of them", () => {
  const lines = specText("02-identifiers.md").matchAll(/^ {4}([0-9a-f]{62})[0-9a-f]{2} +last byte (..) and (..)$/gm)
  const listed = [...lines].flatMap(([, head = "", first = "", second = ""]) => [head + first, head + second])
  expect(listed.toSorted()).toEqual(smallOrderKeys.map(toHex).toSorted())
})

test("the sizes and codes of the stateless step are those of the code", () => {
  const text = specText("05-validity.md")
  for (const size of [MAX_ENVELOPE, MAX_PAYLOAD, maxPayload("task")]) expect(text).toContain(size.toLocaleString("en"))
  const listed = new Set([...text.matchAll(/\| `([a-z_]+)` +\|$/gm)].map(([, code = ""]) => code))
  const shown = readVectors("invalid-objects.json", z.array(z.looseObject({ code: z.string() }))).map(
    ({ code }) => code,
  )
  expect(listed).toEqual(new Set(shown))
})

test("the seeds that part 5 shows are those of the vectors", () => {
  const rows = readVectors(
    "identifiers.json",
    z.looseObject({
      seeds: z.array(z.looseObject({ mode: z.string(), of: z.string(), replicate: z.number(), seed: z.number() })),
    }),
  ).seeds.filter(({ mode, replicate }) => mode === "noisy" && [0, 1, 65535].includes(replicate))
  for (const of of ["author", "verifier"]) {
    const seeds = rows.filter((row) => row.of === of).map(({ seed }) => seed)
    expect(specText("05-validity.md").replaceAll("\n", " ")).toContain(seeds.join(", "))
  }
})

test.each(parts)("the links of %s lead somewhere", (part) => {
  for (const [, target = ""] of specText(part).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
    expect(specText(target).length).toBeGreaterThan(0)
  }
})

test("the README lists every part", () => {
  const readme = specText("README.md")
  for (const part of parts.filter((name) => name !== "README.md")) expect(readme).toContain(`](${part})`)
})

/** The hex of a code block, without what is said beside it. */
function block(title: string): string {
  const [, text = ""] = new RegExp(`\`\`\`text ${title}\n([^\`]*)\`\`\``).exec(examples) ?? []
  const hex = text.split("\n").map((line) => line.trim().split(/ {2,}/)[0] ?? "")
  return hex.join("").replaceAll(" ", "")
}
