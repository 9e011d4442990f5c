import { blockedArtifacts, collectGarbage, type Collected, dataPaths } from "@spore/node/local"
import { isSporeError, systemClock } from "@spore/records"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { openArtifacts } from "../exchange/local-artifacts.ts"
import { artifactsNamed } from "../exchange/named-artifacts.ts"
import { commandNode } from "../folder/control.ts"
import { openFacts } from "../folder/facts.ts"
import { count, formatBytes } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { readConfig } from "../settings/config-file.ts"
import { artifactQuota } from "../settings/settings.ts"

const optionsSchema = z.object({ dryRun: z.boolean().default(false) })
const collectedSchema: z.ZodType<Collected> = z.object({
  blocks: z.number(),
  bytes: z.number(),
  freedBlocks: z.number(),
  freedBytes: z.number(),
})

/** Deletes artifacts that need not be kept. Where a node runs, it does so itself: it knows what it is fetching. */
export async function run({ dataDir, json, output }: Context, { options }: Invocation): Promise<void> {
  const { dryRun } = optionsSchema.parse(options)
  const { blocks, bytes, freedBlocks, freedBytes } =
    (await collectedByNode(dataDir, dryRun)) ?? (await collectHere(dataDir, dryRun))
  if (json) {
    const freed = { freed_blocks: freedBlocks, freed_bytes: freedBytes }
    output.print(safeJson({ dry_run: dryRun, blocks, bytes, ...freed }))
    return
  }
  const left = `${count(blocks - freedBlocks, "block")} (${formatBytes(bytes - freedBytes)})`
  output.print(
    `${dryRun ? "would delete" : "deleted"} ${count(freedBlocks, "block")} (${formatBytes(freedBytes)}); ${left} stay`,
  )
}

/** Null where no node runs. */
async function collectedByNode(dataDir: string, dryRun: boolean): Promise<Collected | null> {
  try {
    const answer = await commandNode(dataDir, { op: "collect_artifacts", dryRun })
    return collectedSchema.parse(JSON.parse(answer ?? ""))
  } catch (error) {
    if (isSporeError(error, "node_not_running")) return null
    throw error
  }
}

async function collectHere(dataDir: string, dryRun: boolean): Promise<Collected> {
  const { artifacts, pins } = await openArtifacts(dataDir)
  const store = await openFacts(dataDir)
  try {
    return await collectGarbage({
      artifacts,
      named: await artifactsNamed(dataDir, store, await pins.list()),
      withheld: await blockedArtifacts(store),
      quota: artifactQuota(await readConfig(dataPaths(dataDir).config)),
      clock: systemClock,
      dryRun,
    })
  } finally {
    await store.close()
  }
}
