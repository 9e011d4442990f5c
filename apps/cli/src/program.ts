import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import { Command, CommanderError, Option } from "commander"
import {
  collect,
  collectFirst,
  someText,
  portNumber,
  upTo,
  blockScope,
  percent,
  wholeFrom0,
  decimal,
  seconds,
} from "./option-values.ts"
import { namesRelativeVersions } from "./launch.ts"
import { addDaemon } from "./program/daemon.ts"
import { addUpdate } from "./program/update.ts"
import { withRunOptions } from "./program/run-options.ts"
import type { AddCommand } from "./program/add-command.ts"
import { addCompletion } from "./program/completion.ts"
import { UsageError } from "./usage-error.ts"
import { type CommandModule, type Context, createOutput, dataDirOf, type Output, type ProcessLike } from "./context.ts"
import { plain, safeJson } from "./output/plain.ts"

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

  add(
    program,
    "set",
    "which language model proposes experiments: its key, address and prices; alone: what is set",
    () => import("./commands/set.ts"),
  )
    .argument("[provider]", "groq, anthropic, openai, xai, or custom for any server that speaks as OpenAI's does")
    .argument("[key]", "- to read it from stdin; left out, it is asked for where one is needed")
    .option("--base-url <url>", "where it answers, such as http://127.0.0.1:11434/v1")
    .option("--model <name>", "which of its models is asked")
    .option("--price <in,out>", "US dollars per million tokens read and written, such as 0.15,0.6")
    .option("--context <tokens>", "that prompt and answer may take together (default 32768)")
    .option("--test", "ask it for one word")
  add(program, "unset", "forget a provider's key and settings", () => import("./commands/unset.ts")).argument(
    "<provider>",
    "as spore set lists it",
  )

  const explorer = add(
    program,
    "explorer",
    "show the data folder in the browser, read-only; where a node runs, say where its explorer is",
    () => import("./commands/explorer.ts"),
  )
    .option("--web-port <port>", "serve on this port, 0 for any, beside a node too (default 8470)", portNumber)
    .option("--web-host <host>", "address to listen on (default 127.0.0.1)")
    .option("--host <name>", "a name by which browsers may ask for it; may be repeated", collect, [])
    .option("--open", "open it in the browser")
  add(
    explorer,
    "export",
    "write a copy of tasks that any web server of files shows",
    () => import("./commands/explorer-export.ts"),
  )
    .argument("<folder>", "a new or empty folder")
    .option("--task <task>", "only this task (name or id); may be repeated", collect, [])
    .option("--max-experiments <number>", "of each task at most so many, those that matter first", upTo(1_000_000))
    .option("--no-code", "leave the candidates' code out")
    .option("--no-logs", "leave the logs of runs out")
    .option("--force", "write into a folder that holds other files, which stay")
  add(program, "graph", "draw how experiments came of each other", () => import("./commands/graph.ts"))
    .argument("[experiment]", "only what came of this one: its id or its beginning")
    .option("--task <task>", "name or id; by default the one followed")
    .option("--class <class>", "this hardware class; by default the one with most experiments")
    .option("--depth <number>", "at most so many generations", upTo(10_000))
    .option("--all", "everything kept, however long; discarded and crashed ones too")

  add(program, "peers", "whom the running node is connected with", () => import("./commands/peers.ts"))
  add(program, "connect", "have the running node dial a peer", () => import("./commands/connect.ts")).argument(
    "<address>",
    "a multiaddr or HOST:PORT",
  )
  add(program, "disconnect", "have the running node let a peer go", () => import("./commands/disconnect.ts")).argument(
    "<peer>",
    "its node id or its beginning, or an address",
  )
  const profile = program.command("profile").description("what your key says of itself, shown in explorers")
  add(profile, "show", "how a node wants to be shown", () => import("./commands/profile-show.ts")).argument(
    "[node]",
    "its node id or its beginning; by default this node",
  )
  add(profile, "set", "sign how this node is to be shown; the newest counts", () => import("./commands/profile-set.ts"))
    .addHelpText("after", "\nWhat is not given stays as it is; an empty text takes it away.")
    .option("--display-name <text>", "at most 64 bytes")
    .option("--bio <text>", "at most 2048 bytes")
    .option("--website <url>", "at most 256 bytes")
    .option("--avatar-url <url>", "at most 512 bytes")
    .option("--donation-address <text>", "at most 256 bytes")

  add(program, "status", "what the node does, and where its tasks stand", () => import("./commands/status.ts"))
    .option("--task <task>", "only this task (name or id)")
    .option("--digest", "also the digest of all derived state: equal facts give equal digests")

  add(program, "tasks", "list the known tasks, most active first", taskList)
  const task = program.command("task").description("list, show, create and choose tasks")
  add(task, "list", "list the known tasks, most active first", taskList)
  add(task, "show", "one task in full", () => import("./commands/task-show.ts")).argument("<task>", "name or id")
  packageFlags(
    add(
      task,
      "create",
      "sign a task of your own and store it",
      () => import("./commands/task-create.ts"),
    ).requiredOption("--bundle <folder>", "a folder with spore.task.json, or with an evaluator of a known kind"),
  )
  add(task, "new", "make a task package from a template that works as it is", () => import("./commands/task-new.ts"))
    .argument("<folder>", "a new folder; its name becomes the task's")
    .addOption(
      new Option("--template <template>", "what a candidate is")
        .choices(["javascript", "python", "command", "solution", "wasm"])
        .default("javascript"),
    )
    .option("--name <name>", "of the task, instead of the folder's")
  add(
    task,
    "test",
    "try a task package before it is published: its baseline's noise, and candidates that cheat",
    () => import("./commands/task-test.ts"),
  )
    .argument("<folder>", "a task package: a folder with spore.task.json")
    .addOption(new Option("--runs <number>", "of the baseline").argParser(upTo(100)).default(5))
    .addOption(new Option("--unsandboxed <what>", "run it without a sandbox").choices(["own"]))
  add(
    task,
    "pack",
    "what a task package would be signed with; nothing is stored",
    () => import("./commands/task-pack.ts"),
  )
    .argument("<folder>", "a task package: a folder with spore.task.json")
    .option("--car <file>", "write bundle and baseline as a CAR")
  add(task, "schema", "the JSON Schema of spore.task.json", () => import("./commands/task-schema.ts"))
  add(task, "use", "follow this task from now on", () => import("./commands/task-use.ts"))
    .argument("[task]", "name or id")
    .option("--auto", "follow the most active task again")

  add(task, "environment", "the Python packages that a task needs", () => import("./commands/task-environment.ts"))
    .argument("<task>", "name or id")
    .option("--prepare", "download them, say what they take, and with --yes make the environment")
    .option("--yes", "of a task that is not your own: agree to what --prepare showed")
  const environments = add(
    task,
    "environments",
    "the prepared Python environments",
    () => import("./commands/task-environments.ts"),
  )
  add(
    environments,
    "remove",
    "delete one; tasks that need it are not run until it is prepared again",
    () => import("./commands/task-environments-remove.ts"),
  ).argument("<environment>", "its id or the beginning of it")

  packageFlags(
    add(
      program,
      "adopt",
      "make a task of an autoresearch, OpenEvolve, Shinka or Harbor folder, with the results it has",
      () => import("./commands/adopt.ts"),
    )
      .argument("<folder>", "nothing in it changes, but for --write")
      .option("--dry-run", "only print the spore.task.json that would be")
      .option("--write", "write spore.task.json into the folder, where there is none")
      .addOption(
        new Option("--history <whose>", "sign the rows of results.tsv: own, measured by you on this machine").choices([
          "own",
          "none",
        ]),
      )
      .option("--leave-out <path>", "a file or folder that is no part of the task; may be repeated", collect, [])
      .option("--no-test", "sign it without a run of the baseline")
      .option("--no-program", "do not copy program.md into the data folder")
      .option("--gpu", "let the run of the baseline use the GPUs")
      .addOption(new Option("--unsandboxed <what>", "run the baseline without a sandbox").choices(["own"])),
  )

  add(
    program,
    "frontier",
    "the best experiments, promoted by reruns and candidates",
    () => import("./commands/frontier.ts"),
  )
    .option("--task <task>", "name or id; by default the one followed")
    .option("--class <class>", "only this hardware class")
    .option("--anchored", "as this node's own reruns and those of trusted nodes say: a view of its own")
    .option("--trust <node>", "with --anchored: trust this node's reruns too; may be repeated", collect, [])
  runsHere(
    add(
      program,
      "verify",
      "rerun an experiment now, and show claim against rerun",
      () => import("./commands/verify.ts"),
    ).argument("<id>", "the experiment's id or its beginning"),
  )

  add(
    program,
    "code",
    "write the files of an experiment that a candidate may change",
    () => import("./commands/code.ts"),
  )
    .argument("<experiment>", "its id or its beginning")
    .option("--out <folder>", "a new folder; by default named by the short id", someText)
  add(
    program,
    "diff",
    "how an experiment's code differs from its parent's, or another's from it",
    () => import("./commands/diff.ts"),
  )
    .argument("<experiment>", "its id or its beginning")
    .argument("[other]", "the one to compare with it")
  runsHere(
    add(program, "try", "run a candidate of your own now, against what it changes", () => import("./commands/try.ts"))
      .argument("<parent>", "the experiment it changes: its id or its beginning")
      .argument("<path>", "a changed file, or a folder of them: spore code writes one")
      .option("--title <text>", "what was changed, at most 256 bytes", someText)
      .option("--hypothesis <text>", "why it should be better, at most 8 KiB")
      .option("--agent <name>", "who proposes it, such as a model's name (default hand)", someText)
      .option("--publish", "sign and publish the result whatever it is"),
  )
  add(program, "trials", "what was tried by hand, newest first", () => import("./commands/trials.ts")).argument(
    "[trial]",
    "only this one: its id or its beginning",
  )
  runsHere(
    add(program, "publish", "sign and publish what was tried by hand", () => import("./commands/publish.ts")).argument(
      "<trial>",
      "its id or its beginning: spore trials",
    ),
  )
  add(program, "mcp", "serve agents on stdin and stdout (Model Context Protocol)", () => import("./commands/mcp.ts"))

  add(
    program,
    "verifications",
    "who reran what, and what came out, newest first",
    () => import("./commands/verifications.ts"),
  )
    .argument("[experiment]", "only of this one: its id or its beginning")
    .option("--task <task>", "only of this task (name or id)")
    .option("--node <node>", "only by this node: its id or its beginning")
    .option("--limit <number>", "at most so many (default 50)", upTo(500))
    .option("--cursor <cursor>", "go on from the next_cursor of --json")
  add(
    program,
    "disputes",
    "contested claims: challenges, what they rest on, and how they stand",
    () => import("./commands/disputes.ts"),
  )
    .argument("[experiment]", "only this one: its id or its beginning")
    .option("--task <task>", "only of this task (name or id)")
    .option("--limit <number>", "at most so many (default 50)", upTo(500))
    .option("--cursor <cursor>", "go on from the next_cursor of --json")
  add(
    program,
    "show",
    "one experiment, task, rerun, challenge or dispute, and why its state is what it is",
    () => import("./commands/show.ts"),
  ).argument("<id>", "the id or its beginning; the part that all ids share may be left out")

  add(program, "search", "find experiments, tasks and profiles by words", () => import("./commands/search.ts"))
    .argument("<words...>", "all of them must occur, the last one as a beginning")
    .option("--task <task>", "only in this task (name or id)")
    .option("--limit <number>", "at most so many (default 50)", upTo(500))
    .option("--cursor <cursor>", "go on from the next_cursor of --json")

  add(program, "export", "write facts to a file, ancestors first", () => import("./commands/export.ts"))
    .option("--task <task>", "only this task (name or id)")
    .option("--out <file>", "instead of stdout")
    .option("--car", "as a CAR with the artifacts that are held here, instead of NDJSON")
    .option("--results <file>", "the results of --task as autoresearch keeps them in results.tsv; - for stdout")
    .option("--class <class>", "with --results: only this hardware class")
  add(
    program,
    "import",
    "take in a file that export wrote, or results of one's own",
    () => import("./commands/import.ts"),
  )
    .argument("[file]", "NDJSON or CAR; - for stdin")
    .option("--results <file>", "a results.tsv, each row of which becomes a signed experiment of this node")
    .option("--task <task>", "with --results: the task they are of (name or id)")
    .option("--code-dir <folder>", "with --results: the code of each commit, <commit>.<ext> or <commit>/")
  add(
    program,
    "inspect",
    "what is right and wrong with signed objects, a line of JSON each",
    () => import("./commands/inspect.ts"),
  ).argument("[input]", "a file of envelopes (NDJSON, hex or base64 a line, or one in binary), - for stdin, or an id")

  const artifact = program.command("artifact").description("code, logs and other files by content id")
  const cid = "content id of a file or folder"
  add(artifact, "get", "write a file or folder to disk", () => import("./commands/artifact-get.ts"))
    .argument("<cid>", cid)
    .option("--out <path>", "instead of the id in this folder; - for stdout")
  add(
    artifact,
    "add",
    "keep a file or folder, pinned; prints its id",
    () => import("./commands/artifact-add.ts"),
  ).argument("<path>")
  add(artifact, "list", "what is held here", () => import("./commands/artifact-list.ts"))
  add(artifact, "pin", "keep it whatever else must go", () => import("./commands/artifact-pin.ts")).argument(
    "<cid>",
    cid,
  )
  add(artifact, "unpin", "let it go when there is no room", () => import("./commands/artifact-unpin.ts")).argument(
    "<cid>",
    cid,
  )
  add(artifact, "gc", "delete what need not be kept", () => import("./commands/artifact-gc.ts")).option(
    "--dry-run",
    "only say how much that is",
  )
  add(artifact, "export", "write a file or folder as a CAR", () => import("./commands/artifact-export.ts"))
    .argument("<cid>", cid)
    .requiredOption("--car <file>", "what to write")

  const withhold = add(
    program,
    "withhold",
    "stop carrying a fact, an author, a task or an artifact",
    () => import("./commands/withhold.ts"),
  )
    .addArgument(blockScope())
    .argument("<value>", "an id or its beginning, a node id, a task's name")
    .option("--reason <text>", "kept with it, for yourself")
  add(withhold, "list", "what this node was told not to carry", () => import("./commands/withhold-list.ts")).option(
    "--facts",
    "the facts withheld therefore",
  )
  add(program, "unwithhold", "carry again what was withheld", () => import("./commands/unwithhold.ts"))
    .addArgument(blockScope())
    .argument("<value>", "as withhold list shows it, or its beginning")

  const db = program.command("db").description("examine and mend the database")
  add(db, "info", "how much it holds", () => import("./commands/db-info.ts"))
  add(db, "check", "examine facts and everything derived; changes nothing", () => import("./commands/db-check.ts"))
  add(db, "rebuild", "derive everything derived anew", () => import("./commands/db-rebuild.ts"))

  const legacy = program.command("legacy").description("data and nodes of sporemesh 0.6")
  add(legacy, "import", "take in the data folder of a 0.6 node", () => import("./commands/legacy-import.ts")).argument(
    "<folder>",
    "nothing in it changes",
  )
  add(
    legacy,
    "inspect",
    "what is right and wrong with 0.6 objects, a line of JSON each",
    () => import("./commands/legacy-inspect.ts"),
  ).argument("[file]", "one wire JSON a line; - for stdin")

  add(
    legacy,
    "sync",
    "get in step with a 0.6 node, once: facts both ways, and code",
    () => import("./commands/legacy-sync.ts"),
  )
    .argument("<address>", "HOST:PORT of the node")
    .option("--full", "ask for everything, not only for what came since the last time")
  add(
    legacy,
    "publish",
    "sign an experiment done on a 0.6 task, for the 0.6 network",
    () => import("./commands/legacy-publish.ts"),
  )
    .requiredOption("--task <task>", "name or id of the task")
    .option("--parent <id>", "the experiment that it changes; left out for the first of a task")
    .requiredOption("--code <file>", "the train.py that ran")
    .option("--val-bpb <number>", "what it reached in the task's metric; left out for a crash", decimal)
    .addOption(
      new Option("--status <status>", "by default keep where it is better than its parent, else discard").choices([
        "keep",
        "discard",
        "crash",
      ]),
    )
    .option("--description <text>", "what was tried", "")
    .option("--hypothesis <text>", "why", "")
    .option("--agent-model <name>", "which model proposed it", "")
    .option("--gpu <name>", "the hardware it ran on (default: what this machine has)")
    .option("--cuda-version <version>", "", "")
    .option("--torch-version <version>", "", "")
    .option("--peak-vram-mb <number>", "peak memory in MiB", decimal, 0)
    .option("--num-steps <number>", "training steps", wholeFrom0, 0)
    .option("--num-params <number>", "parameters of the model", wholeFrom0, 0)
    .option("--time-budget <seconds>", "seconds of training (default: the parent's)", wholeFrom0)
    .option("--prepare-cid <sha256>", "of the evaluation script (default: the parent's)")
    .option("--dataset-cid <sha256>", "of the data set (default: the parent's)")

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

/** Adds the options of a command that makes a node of its own where none runs. */
function runsHere(command: Command): void {
  command
    .option("--peer <address>", "where no node runs: dial this peer for the code; may be repeated", collect, [])
    .option("--solo", "where no node runs: dial nobody")
    .option("--resource <percent>", "where no node runs: share of the machine that it may use", percent)
    .option("--gpu", "where no node runs: let the sandbox use the GPUs")
    .addOption(
      new Option("--unsandboxed <what>", "where no node runs and no sandbox works: run own code without one").choices([
        "own",
      ]),
    )
}

/** What may be said of a task package beside its folder. */
function packageFlags(command: Command): Command {
  return command
    .option("--name <name>", "instead of the package's own, or the folder's")
    .option("--description <text>")
    .option("--task-type <type>", "such as ml_train")
    .option("--artifact-type <type>", "such as javascript or python_train_script")
    .option("--editable <file>", "a file that candidates change; may be repeated", collectFirst)
    .option("--entry <file>", "the file handed to the evaluator")
    .option("--language <name>", "of the candidate")
    .addOption(
      new Option("--evaluator <kind>", "how candidates are judged").choices([
        "native",
        "shinka",
        "openevolve",
        "stdout",
        "harbor",
        "javascript",
      ]),
    )
    .option("--evaluator-file <file>", "the evaluator, where it has another name than usual")
    .option("--command <line>", "a shell line that runs the evaluator; {program} stands for the entry")
    .option("--metric <name>", "what is measured")
    .addOption(new Option("--goal <goal>", "which way is better").choices(["minimize", "maximize"]))
    .option("--unit <unit>", "of the metric")
    .option("--min-effect <number>", "the least difference that counts as better", decimal)
    .option("--replicates <number>", "runs of an experiment", upTo(16))
    .option("--max-noise <number>", "bound on the noise of the metric, in its unit", decimal)
    .option("--time-budget <seconds>", "wall time that one run may take", seconds)
    .option("--memory <MiB>", "memory that one run may take", upTo(1024 * 1024))
}

function taskList(): Promise<CommandModule> {
  return import("./commands/task-list.ts")
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8")
  const manifest: unknown = JSON.parse(text)
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version)
  return "unknown"
}
