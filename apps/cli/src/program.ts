import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { Command, CommanderError, Option } from "commander"
import { type CommandModule, type Context, createOutput, dataDirOf, type Output, type ProcessLike } from "./context.ts"
import { namesRelativeVersions } from "./launch.ts"
import { plain, safeJson } from "./output/plain.ts"
import type { AddCommand } from "./program/add-command.ts"
import { addCompletion } from "./program/completion.ts"
import { addDaemon } from "./program/daemon.ts"
import { addDatabase } from "./program/database.ts"
import { addExchange } from "./program/exchange.ts"
import { addExperiments } from "./program/experiments.ts"
import { addExplorer } from "./program/explorer.ts"
import { addLegacy } from "./program/legacy.ts"
import { addModels } from "./program/models.ts"
import { addNetwork } from "./program/network.ts"
import { withRunOptions } from "./program/run-options.ts"
import { addTasks } from "./program/tasks.ts"
import { addUpdate } from "./program/update.ts"
import { UsageError } from "./usage-error.ts"

type Load = () => Promise<CommandModule>

/**
 * Runs the command line and gives the exit code.
 *
 * @param onDataDir told of the data folder before the command's own modules are loaded
 */
export async function main(process: ProcessLike, onDataDir?: (dataDir: string) => void): Promise<number> {
  const output = createOutput(process)
  let code = 0
  const write = { out: output.write, err: (text: string) => void process.stderr.write(text) }
  const program = createProgram(ownVersion(), write, async (load, command) => {
    const { dataDir, json } = command.optsWithGlobals<{ dataDir?: string; json?: boolean }>()
    const context: Context = {
      env: process.env,
      dataDir: dataDirOf(dataDir, process.env),
      json: json === true,
      version: ownVersion(),
      output,
    }
    if (namesRelativeVersions(context.env)) throw await relativeVersions(context.env)
    onDataDir?.(context.dataDir)
    const module = await load()
    code = (await module.run(context, { args: command.args, options: command.opts() })) ?? 0
  })
  try {
    await program.parseAsync(process.argv)
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    // `spore` or `spore task` alone: the help is on stderr already.
    if (error instanceof CommanderError && error.code === "commander.help") return 2
    return await report(output, error, process.argv)
  }
}

async function relativeVersions({ SPORE_VERSIONS: asked = "" }: Context["env"]): Promise<Error> {
  const { cliError } = await import("./errors.ts")
  return cliError("bad_setting", `SPORE_VERSIONS is ${asked}: expected an absolute path, or none`, {
    next: `export SPORE_VERSIONS=${resolve(asked)}`,
  })
}

/** Tells of an error that came as an event, such as that of a write to stdout; gives the exit code. */
export async function reportEscaped(process: ProcessLike, error: unknown): Promise<number> {
  const isFull = error instanceof Error && "code" in error && error.code === "ENOSPC"
  const told = isFull ? await noRoom(error).catch(() => error) : error
  return report(createOutput(process), told, process.argv)
}

async function noRoom(cause: unknown): Promise<Error> {
  const { cliError } = await import("./errors.ts")
  return cliError("file_unusable", "no room left to write standard output", { cause, next: "free some on its disk" })
}

/** Tells of an error and gives the exit code, also where the files of this program are gone: an update deletes them. */
async function report(output: Output, error: unknown, argv: readonly string[]): Promise<number> {
  const json = argv.includes("--json")
  try {
    const { reportError } = await import("./output/report-error.ts")
    return reportError(output, error, json)
  } catch {
    const message = error instanceof Error ? error.message : String(error)
    const next = "once more: the files of the version that ran are damaged or were deleted"
    output.tell(
      json ? safeJson({ error: { code: "internal", message, next } }) : `error: ${plain(message)}\nnext: ${next}`,
    )
    return 1
  }
}

/**
 * The commands and their options. Nothing of a command is loaded before it runs.
 *
 * @param write takes help and version
 * @param act runs a command's module
 */
export function createProgram(
  version: string,
  write: { out: (text: string) => void; err: (text: string) => void },
  act: (load: Load, command: Command) => Promise<void>,
): Command {
  const program = new Command("spore")
    .description(
      "Spore: a decentralized research protocol. Runs short experiments, signs and shares what they measured.",
    )
    .version(version, "-V, --version", "print the version")
    .option("--data-dir <folder>", "the node's data folder (SPORE_DATA_DIR; default ~/.spore)")
    .option("--json", "print JSON; streams as one object per line")
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // Commands inherit this. Refusals are left to `main`, which gives all errors one form.
    .configureOutput({ writeOut: write.out, writeErr: write.err, outputError: () => undefined })

  const add: AddCommand = (parent, name, description, load, options) => {
    const command = parent.command(name, options).description(description)
    return command.action(() => act(load, command))
  }

  add(program, "init", "make the data folder, its key and its config.toml", () => import("./commands/init.ts"))
    .option("--agents [folder]", "also write what tells agents how to use spore: AGENTS.md, a skill, program.md")
    .option("--force", "with --agents: write the skill anew")

  withRunOptions(
    add(program, "run", "run the node: research, verification, exchange with peers", () => import("./commands/run.ts")),
  ).addOption(new Option("--service", "supervised, without a view; what spore start and systemd run").hideHelp())

  addDaemon(program, add)
  addUpdate(program, add)
  addModels(program, add)
  addExplorer(program, add)
  addNetwork(program, add)

  add(program, "status", "what the node does, and where its tasks stand", () => import("./commands/status.ts"))
    .option("--task <task>", "only this task (name or id)")
    .option("--digest", "also the digest of all derived state: equal facts give equal digests")

  addTasks(program, add)
  addExperiments(program, add)
  addExchange(program, add)
  addDatabase(program, add)
  addLegacy(program, add)

  add(program, "info", "this installation: versions, node id, folders, machine", () => import("./commands/info.ts"))
  add(program, "doctor", "check what a node needs, and say how to mend it", () => import("./commands/doctor.ts"))
  add(program, "version", "print the version", () => import("./commands/version.ts"))
  addCompletion(program, add)
  for (const command of program.commands) refuseWithPath(command, "spore")
  return program
}

/** Has errors of usage say of which command they are. */
function refuseWithPath(command: Command, parent: string): void {
  const path = `${parent} ${command.name()}`
  command.exitOverride((error) => {
    throw new UsageError(error, path)
  })
  for (const each of command.commands) refuseWithPath(each, path)
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  const manifest: unknown = JSON.parse(text)
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version)
  return "unknown"
}
