import { dataPaths } from "@spore/node/local"
import type { Context } from "../context.ts"
import { safeJson } from "../output/plain.ts"

/** Where config.toml is, or would be. */
export async function run({ dataDir, json, output }: Context): Promise<void> {
  const { config } = dataPaths(dataDir)
  output.print(json ? safeJson({ path: config }) : config)
}
