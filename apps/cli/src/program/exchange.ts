import type { Command } from "commander"
import { blockScope } from "../option-values.ts"
import type { AddCommand } from "./add-command.ts"

/** Facts and artifacts: by files, in detail, and which of them are carried. */
export function addExchange(program: Command, add: AddCommand): void {
  add(program, "export", "write facts to a file, ancestors first", () => import("../commands/export.ts"))
    .option("--task <task>", "only this task (name or id)")
    .option("--out <file>", "instead of stdout")
    .option("--car", "as a CAR with the artifacts that are held here, instead of NDJSON")
    .option("--results <file>", "the results of --task as autoresearch keeps them in results.tsv; - for stdout")
    .option("--class <class>", "with --results: only this hardware class")
  add(
    program,
    "import",
    "take in a file that export wrote, or results of one's own",
    () => import("../commands/import.ts"),
  )
    .argument("[file]", "NDJSON or CAR; - for stdin")
    .option("--results <file>", "a results.tsv, each row of which becomes a signed experiment of this node")
    .option("--task <task>", "with --results: the task they are of (name or id)")
    .option("--code-dir <folder>", "with --results: the code of each commit, <commit>.<ext> or <commit>/")
  add(
    program,
    "inspect",
    "what is right and wrong with signed objects, a line of JSON each",
    () => import("../commands/inspect.ts"),
  ).argument("[input]", "a file of envelopes (NDJSON, hex or base64 a line, or one in binary), - for stdin, or an id")

  const artifact = program.command("artifact").description("code, logs and other files by content id")
  const cid = "content id of a file or folder"
  add(artifact, "get", "write a file or folder to disk", () => import("../commands/artifact-get.ts"))
    .argument("<cid>", cid)
    .option("--out <path>", "instead of the id in this folder; - for stdout")
  add(
    artifact,
    "add",
    "keep a file or folder, pinned; prints its id",
    () => import("../commands/artifact-add.ts"),
  ).argument("<path>")
  add(artifact, "list", "what is held here", () => import("../commands/artifact-list.ts"))
  add(artifact, "pin", "keep it whatever else must go", () => import("../commands/artifact-pin.ts")).argument(
    "<cid>",
    cid,
  )
  add(artifact, "unpin", "let it go when there is no room", () => import("../commands/artifact-unpin.ts")).argument(
    "<cid>",
    cid,
  )
  add(artifact, "gc", "delete what need not be kept", () => import("../commands/artifact-gc.ts")).option(
    "--dry-run",
    "only say how much that is",
  )
  add(artifact, "export", "write a file or folder as a CAR", () => import("../commands/artifact-export.ts"))
    .argument("<cid>", cid)
    .requiredOption("--car <file>", "what to write")

  const withhold = add(
    program,
    "withhold",
    "stop carrying a fact, an author, a task or an artifact",
    () => import("../commands/withhold.ts"),
  )
    .addArgument(blockScope())
    .argument("<value>", "an id or its beginning, a node id, a task's name")
    .option("--reason <text>", "kept with it, for yourself")
  add(withhold, "list", "what this node was told not to carry", () => import("../commands/withhold-list.ts")).option(
    "--facts",
    "the facts withheld therefore",
  )
  add(program, "unwithhold", "carry again what was withheld", () => import("../commands/unwithhold.ts"))
    .addArgument(blockScope())
    .argument("<value>", "as withhold list shows it, or its beginning")
}
