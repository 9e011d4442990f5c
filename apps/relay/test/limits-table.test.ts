import { readFile } from "node:fs/promises"
import { limitKey } from "@spore/node/local"
import { HOME_LIMITS, RELAY_LIMITS, type TransportLimits } from "@spore/transport/limits"
import { expect, test } from "vitest"
import { GUIDE, limitRows, limitsTable, tableIn } from "../scripts/limits-table.ts"

/** Stands beside what differs, so that a failure says it. */
const REMEDY = "node apps/relay/scripts/limits-table.ts --write"

/** The cells of the rows that stand in docs/operating.md. */
async function documented(): Promise<string[][]> {
  const [, , ...rows] = tableIn(await readFile(GUIDE, "utf8")).split("\n")
  return rows.map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function byName(rows: readonly string[][], column: number): Map<string | undefined, number> {
  return new Map(rows.map((cells) => [cells[0]?.replaceAll("`", ""), Number.parseInt(cells[column] ?? "", 10)]))
}

function named(limits: TransportLimits): Map<string, number> {
  return new Map(Object.entries(limits).map(([name, value]) => [limitKey(name), Number(value)]))
}

test("docs/operating.md states every limit with its defaults", async () => {
  const rows = await documented()
  const stated = { home: byName(rows, 1), relay: byName(rows, 2), remedy: REMEDY }
  expect(stated).toEqual({ home: named(HOME_LIMITS), relay: named(RELAY_LIMITS), remedy: REMEDY })
})

test("every limit says what it bounds, in the code and in the table alike", async () => {
  const rows = await limitRows()
  expect(rows.filter(({ bounds }) => bounds === "").map(({ key }) => key)).toEqual([])
  const table = tableIn(await readFile(GUIDE, "utf8"))
  expect({ table, remedy: REMEDY }).toEqual({ table: limitsTable(rows), remedy: REMEDY })
})
