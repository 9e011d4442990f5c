import { type Command, Option } from "commander"
import { decimal, wholeFrom0 } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"

/** Data and nodes of sporemesh 0.6. */
export function addLegacy(program: Command, add: AddCommand): void {
  const legacy = program.command("legacy").description("data and nodes of sporemesh 0.6")
  add(legacy, "import", "take in the data folder of a 0.6 node", () => import("../commands/legacy-import.ts")).argument(
    "<folder>",
    "nothing in it changes",
  )
  add(
    legacy,
    "inspect",
    "what is right and wrong with 0.6 objects, a line of JSON each",
    () => import("../commands/legacy-inspect.ts"),
  ).argument("[file]", "one wire JSON a line; - for stdin")

  add(
    legacy,
    "sync",
    "get in step with a 0.6 node, once: facts both ways, and code",
    () => import("../commands/legacy-sync.ts"),
  )
    .argument("<address>", "HOST:PORT of the node")
    .option("--full", "ask for everything, not only for what came since the last time")
  add(
    legacy,
    "publish",
    "sign an experiment done on a 0.6 task, for the 0.6 network",
    () => import("../commands/legacy-publish.ts"),
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
}
