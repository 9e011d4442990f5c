import type { Command } from "commander"
import type { AddCommand } from "./add-command.ts"

/** Which language model proposes. */
export function addModels(program: Command, add: AddCommand): void {
  add(
    program,
    "set",
    "which language model proposes experiments: its key, address and prices; alone: what is set",
    () => import("../commands/set.ts"),
  )
    .argument("[provider]", "groq, anthropic, openai, xai, or custom for any server that speaks as OpenAI's does")
    .argument("[key]", "- to read it from stdin; left out, it is asked for where one is needed")
    .option("--base-url <url>", "where it answers, such as http://127.0.0.1:11434/v1")
    .option("--model <name>", "which of its models is asked")
    .option("--price <in,out>", "US dollars per million tokens read and written, such as 0.15,0.6")
    .option("--context <tokens>", "that prompt and answer may take together (default 32768)")
    .option("--test", "ask it for one word")
  add(program, "unset", "forget a provider's key and settings", () => import("../commands/unset.ts")).argument(
    "<provider>",
    "as spore set lists it",
  )
}
