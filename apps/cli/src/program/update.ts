import type { Command } from "commander"
import { someText } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"

/** Versions of this program, and what keeps it up to date. */
export function addUpdate(program: Command, add: AddCommand): void {
  const update = add(
    program,
    "update",
    "what runs, what is newest, and what keeps it from being taken",
    () => import("../commands/update.ts"),
  )
  add(update, "check", "ask the channel for its newest release now", () => import("../commands/update-check.ts"))
  add(
    update,
    "apply",
    "take the newest release now; a running node goes on with it",
    () => import("../commands/update-apply.ts"),
  )
    .argument("[version]", "this one: the newest, or one that is installed and newer than what runs", someText)
    .option("--force", "even if it was refused here before")
  add(
    update,
    "rollback",
    "go back to the version before; the one that runs is refused from then on",
    () => import("../commands/update-rollback.ts"),
  )
  add(
    update,
    "trust",
    "whose keys must have signed a release; with a file, those that it names from now on",
    () => import("../commands/update-trust.ts"),
  )
    .argument("[file]", "a TUF root, which the keeper of a channel of your own gives you", someText)
    .option("--official", "those that came with this program")
  add(update, "history", "what became of each version, newest first", () => import("../commands/update-history.ts"))
  add(
    program,
    "self-check",
    "start a node on a copy of the database, ask it, and end it",
    () => import("../commands/self-check.ts"),
    { hidden: true },
  )
}
