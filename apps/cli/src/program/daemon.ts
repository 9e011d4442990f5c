import { type Command, Option } from "commander"
import { wholeFrom0 } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"
import { withRunOptions } from "./run-options.ts"

/** The life of a node in the background, its log and settings, and what it leaves. */
export function addDaemon(program: Command, add: AddCommand): void {
  withRunOptions(
    add(
      program,
      "start",
      "start the node in the background; takes the flags of run",
      () => import("../commands/start.ts"),
    ),
  )
  add(program, "stop", "end the node that runs on the data folder", () => import("../commands/stop.ts"))
  withRunOptions(
    add(
      program,
      "restart",
      "stop and start the node, with the flags it had or those given",
      () => import("../commands/restart.ts"),
    ),
  )
  add(program, "logs", "what the node did and met with", () => import("../commands/logs.ts"))
    .alias("log")
    .option("-f, --follow", "go on with what comes, until Ctrl-C")
    .option("-n, --lines <number>", "begin with so many lines of the past (default 50)", wholeFrom0)

  const service = program.command("service").description("have the system run the node: at login, and after a crash")
  withRunOptions(
    add(
      service,
      "install",
      "write and start a user unit of systemd (macOS: write a launchd agent); takes the flags of run",
      () => import("../commands/service-install.ts"),
    ),
  )
  add(service, "uninstall", "end it and take it away; the data stay", () => import("../commands/service-uninstall.ts"))
  withRunOptions(add(service, "print", "what install would write", () => import("../commands/service-print.ts")))
    .option("--systemd", "as a user unit of systemd")
    .addOption(new Option("--launchd", "as a launchd agent").conflicts("systemd"))

  const config = program.command("config").description("read and change config.toml; comments and order stay")
  const key = "as spore config list shows it, such as port or verify.rate"
  add(config, "list", "all settings, their values and where they come from", () => import("../commands/config-list.ts"))
  add(config, "get", "the value of a setting", () => import("../commands/config-get.ts")).argument("<setting>", key)
  add(config, "set", "write a setting", () => import("../commands/config-set.ts"))
    .argument("<setting>", key)
    .argument("<value>", "as TOML has it, or plain text; several by commas, none for an empty list")
  add(config, "unset", "leave a setting to its default", () => import("../commands/config-unset.ts")).argument(
    "<setting>",
    key,
  )
  add(config, "path", "where config.toml is", () => import("../commands/config-path.ts"))

  add(
    program,
    "clean",
    "delete what a node made in its data folder; says what, and asks",
    () => import("../commands/clean.ts"),
  )
    .argument("[part...]", "only these, such as logs or database; by default all that a node makes or gets again")
    .option("--all", "also facts, artifacts and backups, and what you wrote: settings, keys of models, program.md")
    .option("--identity", "also the key: the node's name is lost for good")
    .option("--dry-run", "only say what would go")
    .option("-y, --yes", "do not ask")
}
