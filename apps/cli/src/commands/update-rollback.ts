import { messageOf } from "@spore/records"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"
import { layoutOf, readUpdates, requireHome } from "../updates/report.ts"
import { runsNext } from "../updates/standing.ts"
import { cliError } from "../errors.ts"
import { askToChange, type Asked, askToStay } from "../updates/running-node.ts"

/** What becomes of the database: `restored` at the next start of a node, `unknown` where a package does not say. */
type Database = "same" | "restored" | "unknown"

/** `called_off`: it runs on as it is, and does not go on as what it waited for. */
type Node = Asked | "called_off"

/** Goes back to the version before, or from one that is to be tried or is on trial. What was signed stays, whatever becomes of the database. */
export async function run(context: Context): Promise<void> {
  const { dataDir, json, output } = context
  const updates = await readUpdates(context)
  const { installation, state } = updates
  const { versions } = requireHome(updates)
  const { trial } = state
  // Before anything is changed: a node that cannot be asked might go on as what it waits for. One that starts on trial
  // cannot, and is ended by its supervisor.
  const awaited = await askToStay(dataDir).catch((error: unknown) => {
    if (trial === null) throw error
    return null
  })
  const from = awaited ?? trial?.version ?? runsNext(installation.version, state)
  const layout = layoutOf(installation, from)
  const to = (await versions.rollBack("you went back from it", awaited)) ?? installation.builtIn.version
  const asked = await askToChange(dataDir, null).catch((error: unknown): Asked => {
    if (trial !== null) return "changing"
    const message = `${to} runs from now on, and the node that runs here was not told: ${messageOf(error)}`
    throw cliError("control_unavailable", message, { cause: error, next: "spore restart" })
  })
  const node: Node = awaited !== null && asked === "same" ? "called_off" : asked
  const database = node === "called_off" ? "same" : databaseWords(layout, layoutOf(installation, to))
  if (json) {
    output.print(safeJson({ from, to, node, database }))
    return
  }
  const runs = node === "called_off" ? "runs on" : "runs from now on"
  output.print(`${to} ${runs}; ${from} is refused until spore update apply ${from} --force`)
  if (node !== "called_off") output.print(DATABASE[database])
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

const NODE: Readonly<Record<Node, string>> = {
  none: "next: spore run",
  same: "the node that runs here runs that version",
  changing: "the node that runs here ends its running job, and goes on as that version",
  called_off: "the node that runs here goes on as it is: its change is called off",
  by_hand: "next: start the node that runs here anew, so that it runs that version too",
}
