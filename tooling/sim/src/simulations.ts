import type { Cell, Table } from "./block.ts"
import type { BlockRequest } from "./pool.ts"
import { namedRandom } from "./random.ts"
import { TABLES } from "./verify/tables.ts"

/** What can be simulated, by name. */
export const SIMULATIONS: ReadonlyMap<string, readonly Table[]> = new Map([["verify", TABLES]])

/** One block, with random numbers of its own. */
export function runBlock({ simulation, table: name, block, scale, seed }: BlockRequest): Cell[] {
  const table = SIMULATIONS.get(simulation)?.find((t) => t.name === name)
  const found = table?.blocks({ scale }).find((b) => b.name === block)
  if (found === undefined) throw new TypeError(`no block ${block} of ${name}`)
  return found.run(namedRandom(seed, `${name}/${block}`))
}
