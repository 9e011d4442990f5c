import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { layoutOf, readUpdates, requireHome } from "../updates/report.ts"
import { runsNext } from "../updates/standing.ts"
import { askToChange, type Asked } from "../updates/running-node.ts"

/** What becomes of the database: `restored` at the next start of a node, `unknown` where a package does not say. */
type Database = "same" | "restored" | "unknown"

/** Goes back to the version before. What was signed stays, whatever becomes of the database. */
export async function run(context: Context): Promise<void> {
  const { dataDir, json, output } = context
  const updates = await readUpdates(context)
  const { installation } = updates
  const { versions } = requireHome(updates)
  const from = updates.state.trial?.version ?? runsNext(installation.version, updates.state)
  const layout = layoutOf(installation, from)
  const to = (await versions.rollBack("its user went back from it")) ?? installation.builtIn.version
  const node = await askToChange(dataDir, null)
  const database = databaseWords(layout, layoutOf(installation, to))
  if (json) {
    output.print(safeJson({ from, to, node, database }))
    return
  }
  output.print(`${to} runs from now on; ${from} is refused until spore update apply ${from} --force`)
  output.print(DATABASE[database])
  output.tell(NODE[node])
}

function databaseWords(from: number | null, to: number | null): Database {
  if (from === null || to === null) return "unknown"
  return from === to ? "same" : "restored"
}

const DATABASE: Readonly<Record<Database, string>> = {
  same: "both write the same database: nothing of it changes",
  restored:
    "at its next start the node puts the newer database aside, goes back to the copy from before the update, and takes in what was signed since: nothing signed is lost",
  unknown:
    "where the database was changed by the update, the next start of the node goes back to the copy from before, and takes in what was signed since",
}

const NODE: Readonly<Record<Asked, string>> = {
  none: "next: spore run",
  same: "the node that runs here runs that version",
  changing: "the node that runs here ends its running job, and goes on as that version",
  by_hand: "next: start the node that runs here anew, so that it runs that version too",
}
