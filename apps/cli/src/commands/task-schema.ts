import { taskPackageJsonSchema } from "@spore/runner"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"

/** Prints the JSON Schema of spore.task.json, for editors. */
export async function run({ output }: Context): Promise<void> {
  output.print(safeJson(taskPackageJsonSchema()))
}
