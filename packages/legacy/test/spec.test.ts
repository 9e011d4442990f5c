import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { describe, expect, test } from "vitest"
import { legacyCodeLink, legacyLink, legacyProjection, openLegacy } from "../src/index.ts"
import { familyOf, type LegacyType } from "../src/objects/families.ts"

const text = await readFile(new URL("../../../docs/spec/09-legacy-objects.md", import.meta.url), "utf8")

/** The block of this name, without its line breaks. */
function block(name: string): string {
  const [, content] = new RegExp(`\`\`\`text ${name}\\n([^\`]*)\`\`\``).exec(text) ?? []
  if (content === undefined) throw new Error(`no block ${name}`)
  return content.replaceAll("\n", "")
}

describe("the worked example in the specification", () => {
  const message = block("message")
  const object = openLegacy(message)

  test("is an object of 0.6", () => {
    expect(Buffer.from(object.payload).toString()).toBe(block("canonical"))
    expect(object.payload.length).toBe(Number(/The canonical bytes, ([0-9]+) of them/.exec(text)?.[1]))
    expect(legacyProjection().check(object, { task: () => undefined, fact: () => undefined })).toMatchObject({
      task: object.id,
    })
  })

  test("has the values that the table gives", () => {
    const frame = Buffer.concat([Buffer.from(block("frame").replaceAll(" ", ""), "hex"), Buffer.from(message)])
    expect(frame.readUInt32BE()).toBe(message.length)
    if (object.kind !== "legacy_experiment") throw new Error("expected an experiment")
    const values = {
      "SHA-256 of the frame": createHash("sha256").update(frame).digest("hex"),
      id: object.id,
      "id, as a link": legacyLink(object.id),
      author: object.author,
      "code, as a link": legacyCodeLink(object.body.code_cid),
    }
    const rows = [...text.matchAll(/^\| ([^|]+?) +\| `([^`]+)` +\|$/gm)].map(([, name, value]) => [name, value])
    expect(Object.fromEntries(rows)).toMatchObject(values)
  })
})

test.each<[LegacyType, string]>([
  ["experiment", "experiment"],
  ["task", "task"],
  ["challenge", "control"],
  ["profile", "profile"],
])("the fields of %s are those of the table", (type, heading) => {
  const { required, defaults, order } = familyOf(type)
  const [, section = ""] = new RegExp(`### ${heading}\\n([^#]*)`).exec(text) ?? []
  const [table = ""] = section.split("\n\n").filter((part) => part.startsWith("| Field"))
  const fields = [...table.matchAll(/^\| ([a-z_]+) /gm)].map(([, name]) => name)
  const known = [...required, ...Object.keys(defaults)]
  expect(new Set(fields)).toEqual(new Set(known))
  expect(fields).toEqual(order ?? fields)
  const withDefault = [...table.matchAll(/^\| ([a-z_]+) .*\| default /gm)].map(([, name]) => name)
  expect(new Set(withDefault)).toEqual(new Set(Object.keys(defaults)))
})

test("every code of refusal is in the table", async () => {
  const source = await readFile(new URL("../src/errors.ts", import.meta.url), "utf8")
  const codes = [...source.matchAll(/\| "([a-z_]+)"/g)].map(([, code]) => code ?? "")
  expect(codes.length).toBeGreaterThan(10)
  // What concerns folders alone is no refusal of an object.
  expect(codes.filter((code) => code !== "unreadable" && !text.includes(`\`${code}\``))).toEqual([])
})
