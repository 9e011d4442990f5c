import { readFile } from "node:fs/promises"
import { limitKey } from "@spore/node/local"
import { HOME_LIMITS, RELAY_LIMITS } from "@spore/transport/limits"
import { expect, test } from "vitest"
import { GUIDE, limitRows, limitsTable, tableIn } from "../scripts/limits-table.ts"

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

function byName(rows: readonly string[][], column: number): Record<string, number> {
  return Object.fromEntries(
    rows.map((cells) => [cells[0]?.replaceAll("`", ""), Number.parseInt(cells[column] ?? "", 10)]),
  )
}

function named(limits: object): Record<string, number> {
  return Object.fromEntries(Object.entries(limits).map(([name, value]) => [limitKey(name), Number(value)]))
}

test("docs/operating.md states every limit with its defaults", async () => {
  const rows = await documented()
  expect(byName(rows, 1), REMEDY).toEqual(named(HOME_LIMITS))
  expect(byName(rows, 2), REMEDY).toEqual(named(RELAY_LIMITS))
})

test("every limit says what it bounds, in the code and in the table alike", async () => {
  const rows = await limitRows()
  expect(rows.filter(({ bounds }) => bounds === "").map(({ key }) => key)).toEqual([])
  expect(tableIn(await readFile(GUIDE, "utf8")), REMEDY).toBe(limitsTable(rows))
})
