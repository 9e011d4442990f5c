import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"

export async function run({ output, json, version }: Context): Promise<void> {
  output.print(json ? safeJson({ version, node: process.versions.node }) : version)
}
