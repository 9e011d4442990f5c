import { type Command, Option } from "commander"
import { collect, percent, someText, upTo } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"

/** What experiments came to, and running them: reruns and candidates of one's own. */
export function addExperiments(program: Command, add: AddCommand): void {
  add(
    program,
    "frontier",
    "the best experiments, promoted by reruns and candidates",
    () => import("../commands/frontier.ts"),
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
      () => import("../commands/verify.ts"),
    ).argument("<id>", "the experiment's id or its beginning"),
  )

  add(
    program,
    "code",
    "write the files of an experiment that a candidate may change",
    () => import("../commands/code.ts"),
  )
    .argument("<experiment>", "its id or its beginning")
    .option("--out <folder>", "a new folder; by default named by the short id", someText)
  add(
    program,
    "diff",
    "how an experiment's code differs from its parent's, or another's from it",
    () => import("../commands/diff.ts"),
  )
    .argument("<experiment>", "its id or its beginning")
    .argument("[other]", "the one to compare with it")
  runsHere(
    add(program, "try", "run a candidate of your own now, against what it changes", () => import("../commands/try.ts"))
      .argument("<parent>", "the experiment it changes: its id or its beginning")
      .argument("<path>", "a changed file, or a folder of them: spore code writes one")
      .option("--title <text>", "what was changed, at most 256 bytes", someText)
      .option("--hypothesis <text>", "why it should be better, at most 8 KiB")
      .option("--agent <name>", "who proposes it, such as a model's name (default hand)", someText)
      .option("--publish", "sign and publish the result whatever it is"),
  )
  add(program, "trials", "what was tried by hand, newest first", () => import("../commands/trials.ts")).argument(
    "[trial]",
    "only this one: its id or its beginning",
  )
  runsHere(
    add(program, "publish", "sign and publish what was tried by hand", () => import("../commands/publish.ts")).argument(
      "<trial>",
      "its id or its beginning: spore trials",
    ),
  )
  add(program, "mcp", "serve agents on stdin and stdout (Model Context Protocol)", () => import("../commands/mcp.ts"))

  add(
    program,
    "verifications",
    "who reran what, and what came out, newest first",
    () => import("../commands/verifications.ts"),
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
    () => import("../commands/disputes.ts"),
  )
    .argument("[experiment]", "only this one: its id or its beginning")
    .option("--task <task>", "only of this task (name or id)")
    .option("--limit <number>", "at most so many (default 50)", upTo(500))
    .option("--cursor <cursor>", "go on from the next_cursor of --json")
  add(
    program,
    "show",
    "one experiment, task, rerun, challenge or dispute, and why its state is what it is",
    () => import("../commands/show.ts"),
  ).argument("<id>", "the id or its beginning; the part that all ids share may be left out")

  add(program, "search", "find experiments, tasks and profiles by words", () => import("../commands/search.ts"))
    .argument("<words...>", "all of them must occur, the last one as a beginning")
    .option("--task <task>", "only in this task (name or id)")
    .option("--limit <number>", "at most so many (default 50)", upTo(500))
    .option("--cursor <cursor>", "go on from the next_cursor of --json")
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
