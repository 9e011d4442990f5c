import { describe, expect, test } from "vitest"
import { z } from "zod"
import { KINDS, maxPayload, schemas } from "../src/index.ts"
import { minimal, probedBody } from "./bodies.ts"
import { fieldPaths, probesOf } from "./spec-probes.ts"
import { fieldsOf, specText, type SpecType } from "./spec-tables.ts"

const markdown = specText("03-objects.md")
const tables = KINDS.map((kind) => [kind, fieldsOf(markdown, kind)] as const)

/** Bounds that a rule across fields keeps out of reach: a claim ends after it was made. */
const OUT_OF_REACH = new Set(["claim created 9007199254740991", "claim expires 0"])

describe.each(tables)("the table of %s", (kind, fields) => {
  test("has the fields of the schema, and their choices, no more and no fewer", () => {
    const listed = tablePaths({ is: "table", title: kind, fields })
    expect(listed.length).toBeGreaterThan(4)
    expect(listed.toSorted()).toEqual(schemaPaths(schemas[kind]).toSorted())
  })

  test("has a minimal body that the schema accepts", () => {
    expect(schemas[kind].safeParse(minimal[kind]).error).toBeUndefined()
  })

  test.each(fieldPaths(fields))("says of %s what the schema does", (path, type) => {
    const { accept, refuse } = probesOf(type)
    expect(refuse.length).toBeGreaterThan(0)
    for (const { what, value } of accept) {
      const accepted = !OUT_OF_REACH.has(`${kind} ${path} ${what}`)
      expect([what, isAccepted(path, value)]).toEqual([what, accepted])
    }
    for (const { what, value } of refuse) expect([what, isAccepted(path, value)]).toEqual([what, false])
  })

  const isAccepted = (path: string, value: unknown): boolean =>
    schemas[kind].safeParse(probedBody(kind, path, value)).success

  test("allows no further field, at the top or in a map inside", () => {
    const inner = fieldPaths(fields).flatMap(([path, type]) => (type.is === "table" ? [`${path}.`] : []))
    for (const place of ["", ...inner]) expect([place, isAccepted(`${place}extra`, 1)]).toEqual([place, false])
  })
})

test("every table is that of a kind, or of a map that a kind holds", () => {
  const used = new Set(tables.flatMap(([kind, fields]) => [kind, ...titles([...fields.values()])]))
  const headings = [...markdown.matchAll(/^\| ([^|]+?) +\| Type /gm)].map(([, title]) => title)
  expect(new Set(headings)).toEqual(used.add("object"))
})

test("the sizes are those of the code", () => {
  for (const kind of KINDS) expect(markdown).toContain(maxPayload(kind).toLocaleString("en"))
  expect(markdown).toContain(
    `The kinds are ${KINDS.slice(0, -1)
      .map((kind) => `\`${kind}\``)
      .join(", ")} and \`profile\`.`,
  )
})

/** Every field of a schema by its path, with the choices it allows; maps in lists included. */
function schemaPaths(schema: unknown, under = ""): string[] {
  if (schema instanceof z.ZodNullable) return schemaPaths(schema.unwrap(), under)
  if (schema instanceof z.ZodArray) return schemaPaths(schema.element, under)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => schemaPaths(option, under))
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape).flatMap(([name, field]) => [
    `${under}${name} ${schemaChoices(field)}`,
    ...schemaPaths(field, `${under}${name}.`),
  ])
}

/** The same of the specification's tables. */
function tablePaths(type: SpecType, under = ""): string[] {
  if (type.is === "nullable") return tablePaths(type.type, under)
  if (type.is === "list") return tablePaths(type.item, under)
  if (type.is === "either") return type.options.flatMap((option) => tablePaths(option, under))
  if (type.is !== "table") return []
  return [...type.fields].flatMap(([name, field]) => [
    `${under}${name} ${choicesOf(field)}`,
    ...tablePaths(field, `${under}${name}.`),
  ])
}

function schemaChoices(field: unknown): string {
  if (field instanceof z.ZodEnum) return field.options.join(" ")
  return field instanceof z.ZodLiteral ? [...field.values].join(" ") : ""
}

function choicesOf(type: SpecType): string {
  return type.is === "choice" ? type.values.join(" ") : ""
}

function titles(types: readonly SpecType[]): string[] {
  return types.flatMap((type): string[] => {
    if (type.is === "table") return [type.title, ...titles([...type.fields.values()])]
    if (type.is === "nullable") return titles([type.type])
    if (type.is === "list") return titles([type.item])
    if (type.is === "map") return titles([type.value])
    return type.is === "either" ? titles(type.options) : []
  })
}
