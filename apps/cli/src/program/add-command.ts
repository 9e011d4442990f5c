import type { Command } from "commander"
import type { CommandModule } from "../context.ts"

/** Adds a command whose module is loaded when it runs. */
export type AddCommand = (
  parent: Command,
  name: string,
  description: string,
  load: () => Promise<CommandModule>,
  options?: { readonly hidden: boolean },
) => Command
