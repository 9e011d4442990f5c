import { type Command, Option } from "commander"
import type { CommandModule } from "../context.ts"
import { collect, collectFirst, decimal, seconds, upTo } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"

/** Tasks: known ones, and those of one's own. */
export function addTasks(program: Command, add: AddCommand): void {
  add(program, "tasks", "list the known tasks, most active first", taskList)
  const task = program.command("task").description("list, show, create and choose tasks")
  add(task, "list", "list the known tasks, most active first", taskList)
  add(task, "show", "one task in full", () => import("../commands/task-show.ts")).argument("<task>", "name or id")
  packageFlags(
    add(
      task,
      "create",
      "sign a task of your own and store it",
      () => import("../commands/task-create.ts"),
    ).requiredOption("--bundle <folder>", "a folder with spore.task.json, or with an evaluator of a known kind"),
  )
  add(task, "new", "make a task package from a template that works as it is", () => import("../commands/task-new.ts"))
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
    () => import("../commands/task-test.ts"),
  )
    .argument("<folder>", "a task package: a folder with spore.task.json")
    .addOption(new Option("--runs <number>", "of the baseline").argParser(upTo(100)).default(5))
    .addOption(new Option("--unsandboxed <what>", "run it without a sandbox").choices(["own"]))
  add(
    task,
    "pack",
    "what a task package would be signed with; nothing is stored",
    () => import("../commands/task-pack.ts"),
  )
    .argument("<folder>", "a task package: a folder with spore.task.json")
    .option("--car <file>", "write bundle and baseline as a CAR")
  add(task, "schema", "the JSON Schema of spore.task.json", () => import("../commands/task-schema.ts"))
  add(task, "use", "follow this task from now on", () => import("../commands/task-use.ts"))
    .argument("[task]", "name or id")
    .option("--auto", "follow the most active task again")

  add(task, "environment", "the Python packages that a task needs", () => import("../commands/task-environment.ts"))
    .argument("<task>", "name or id")
    .option("--prepare", "download them, say what they take, and with --yes make the environment")
    .option("--yes", "of a task that is not your own: agree to what --prepare showed")
  const environments = add(
    task,
    "environments",
    "the prepared Python environments",
    () => import("../commands/task-environments.ts"),
  )
  add(
    environments,
    "remove",
    "delete one; tasks that need it are not run until it is prepared again",
    () => import("../commands/task-environments-remove.ts"),
  ).argument("<environment>", "its id or the beginning of it")

  packageFlags(
    add(
      program,
      "adopt",
      "make a task of an autoresearch, OpenEvolve, Shinka or Harbor folder, with the results it has",
      () => import("../commands/adopt.ts"),
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
  return import("../commands/task-list.ts")
}
