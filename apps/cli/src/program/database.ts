import type { Command } from "commander"
import type { AddCommand } from "./add-command.ts"

/** The database of this node. */
export function addDatabase(program: Command, add: AddCommand): void {
  const db = program.command("db").description("examine and mend the database")
  add(db, "info", "how much it holds", () => import("../commands/db-info.ts"))
  add(db, "check", "examine facts and everything derived; changes nothing", () => import("../commands/db-check.ts"))
  add(db, "rebuild", "derive everything derived anew", () => import("../commands/db-rebuild.ts"))
}
