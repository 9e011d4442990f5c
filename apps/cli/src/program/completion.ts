import { Argument, type Command } from "commander"
import { SHELLS } from "../completion/shells.ts"
import type { AddCommand } from "./add-command.ts"

/** What has a shell complete command lines. */
export function addCompletion(program: Command, add: AddCommand): void {
  add(
    program,
    "completion",
    "print what has a shell complete commands, options, tasks and ids",
    () => import("../commands/completion.ts"),
  )
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .addHelpText(
      "after",
      `
In ~/.bashrc:                    source <(spore completion bash)
In ~/.zshrc, after compinit:     source <(spore completion zsh)
In ~/.config/fish/config.fish:   spore completion fish | source`,
    )
  add(
    program,
    "complete",
    "what may stand at the end of a command line, for shells",
    async () => (await import("../completion/complete.ts")).completing(program),
    { hidden: true },
  ).argument("[words...]", "after --: the line without spore, up to the cursor")
}
