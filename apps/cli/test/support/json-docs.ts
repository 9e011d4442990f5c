import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import {
  diffSchema,
  experimentSchema,
  metricSchema,
  nodeStatusSchema,
  taskDetailSchema,
  taskSchema,
  updateStatusSchema,
} from "@spore/api/client"
import { expect } from "vitest"
import { z } from "zod"

const PAGE = fileURLToPath(new URL("../../../../docs/json.md", import.meta.url))
/** Shapes of the API, whose own tests hold them to its answers. */
const API: Readonly<Record<string, z.ZodType>> = {
  Diff: diffSchema,
  Experiment: experimentSchema,
  Metric: metricSchema,
  NodeStatus: nodeStatusSchema,
  Task: taskSchema,
  TaskDetail: taskDetailSchema,
  UpdateStatus: updateStatusSchema,
}
const PLAIN: Readonly<Record<string, z.ZodType>> = {
  text: z.string(),
  number: z.number(),
  "yes/no": z.boolean(),
  object: z.record(z.string(), z.unknown()),
  list: z.array(z.unknown()),
  /** Of a setting. */
  Value: z.union([z.number(), z.boolean(), z.string(), z.array(z.string())]),
}
export type Fields = readonly (readonly [name: string, type: string])[]

/** The tables of the page by their headings. */
export async function documented(): Promise<Map<string, Fields>> {
  const tables = new Map<string, Fields>()
  for (const section of (await readFile(PAGE, "utf8")).split(/^#{2,3} /m).slice(1)) {
    const [heading = "", ...lines] = section.split("\n")
    const rows = lines.filter((line) => line.startsWith("| ")).slice(1)
    const fields = rows.map((line) => {
      const [, name = "", type = ""] = line.split("|").map((cell) => cell.trim())
      return [name.replaceAll("`", ""), type] as const
    })
    tables.set(
      heading.replaceAll("`", ""),
      fields.filter(([name]) => !/^-+$/.test(name)),
    )
  }
  return tables
}

/** Throws where a value is not of a documented type. */
function check(tables: ReadonlyMap<string, Fields>, type: string, value: unknown, at: string): void {
  if (type.endsWith(" or null")) {
    if (value !== null) check(tables, type.slice(0, -" or null".length), value, at)
    return
  }
  const [, item] = /^\[(.+)\]$/.exec(type) ?? []
  if (item !== undefined) {
    for (const [i, one] of z.array(z.unknown()).parse(value).entries()) check(tables, item, one, `${at}[${i}]`)
    return
  }
  const schema = PLAIN[type] ?? API[type]
  const parsed = schema?.safeParse(value)
  if (parsed !== undefined) expect({ at, type, error: parsed.error?.message }).toEqual({ at, type, error: undefined })
  else checkFields(tables, type, z.record(z.string(), z.unknown()).parse(value), at)
}

/** Throws where an object's fields are not exactly those of a table of the page. */
export function checkFields(
  tables: ReadonlyMap<string, Fields>,
  heading: string,
  value: Record<string, unknown>,
  at: string,
): void {
  const fields = tables.get(heading)
  if (fields === undefined) throw new Error(`docs/json.md has no ${heading}`)
  const rest = new Map(Object.entries(value))
  const missing: string[] = []
  for (const [name, type] of fields) {
    if (name === "…") {
      check(tables, type, value, at)
      for (const key of keysOf(tables, type)) rest.delete(key)
    } else if (rest.has(name)) {
      check(tables, type, rest.get(name), `${at}.${name}`)
      rest.delete(name)
    } else missing.push(name)
  }
  expect({ at, missing, undocumented: [...rest.keys()] }).toEqual({ at, missing: [], undocumented: [] })
}

function keysOf(tables: ReadonlyMap<string, Fields>, type: string): string[] {
  const schema = API[type]
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape)
  return (tables.get(type) ?? []).map(([name]) => name)
}
