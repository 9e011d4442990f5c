import { inspectLegacy, MAX_LEGACY_JSON } from "@spore/legacy"
import type { Context, Invocation } from "../context.ts"
import { inspectLines } from "../exchange/inspect-lines.ts"
import { openSource } from "../exchange/source.ts"

/** Says of each object of the 0.6 network in a file, one wire JSON a line, what is right and wrong with it. */
export async function run(_context: Context, { args }: Invocation): Promise<void> {
  await using source = await openSource(args[0] ?? "-")
  await inspectLines(source, { maxLine: MAX_LEGACY_JSON, inspect: inspectLegacy })
}
