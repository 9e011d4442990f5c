import type { Command } from "commander"
import { collect, portNumber, upTo } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"

/** What shows experiments: the explorer, its copies, and the lineage in a terminal. */
export function addExplorer(program: Command, add: AddCommand): void {
  const explorer = add(
    program,
    "explorer",
    "show the data folder in the browser, read-only; where a node runs, say where its explorer is",
    () => import("../commands/explorer.ts"),
  )
    .option("--web-port <port>", "serve on this port, 0 for any, beside a node too (default 8470)", portNumber)
    .option("--web-host <host>", "address to listen on (default 127.0.0.1)")
    .option("--host <name>", "a name by which browsers may ask for it; may be repeated", collect, [])
    .option("--open", "open it in the browser")
  add(
    explorer,
    "export",
    "write a copy of tasks that any web server of files shows",
    () => import("../commands/explorer-export.ts"),
  )
    .argument("<folder>", "a new or empty folder")
    .option("--task <task>", "only this task (name or id); may be repeated", collect, [])
    .option("--max-experiments <number>", "of each task at most so many, those that matter first", upTo(1_000_000))
    .option("--no-code", "leave the candidates' code out")
    .option("--no-logs", "leave the logs of runs out")
    .option("--force", "write into a folder that holds other files, which stay")
  add(program, "graph", "draw how experiments came of each other", () => import("../commands/graph.ts"))
    .argument("[experiment]", "only what came of this one: its id or its beginning")
    .option("--task <task>", "name or id; by default the one followed")
    .option("--class <class>", "this hardware class; by default the one with most experiments")
    .option("--depth <number>", "at most so many generations", upTo(10_000))
    .option("--all", "everything kept, however long; discarded and crashed ones too")
}
