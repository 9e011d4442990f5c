import { blocksById, heldArtifacts, type Worth, WORTH } from "@spore/node/local"
import type { Context } from "../context.ts"
import { openArtifacts } from "../exchange/local-artifacts.ts"
import { artifactsNamed } from "../exchange/named-artifacts.ts"
import { openFacts } from "../folder/facts.ts"
import { formatBytes, formatTime } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"

interface Item {
  readonly cid: string
  readonly kept: string
  readonly whole: boolean
  /** Blocks shared with others included. */
  readonly bytes: number
  /** Unix seconds; null where no file of it is held. */
  readonly used: number | null
}

const KEPT: Record<Worth, string> = {
  [WORTH.always]: "own",
  [WORTH.task]: "task",
  [WORTH.leading]: "leading",
  [WORTH.code]: "code",
  [WORTH.output]: "output",
}

/** Lists the artifacts that facts and pins name and that are held here, the most worth first; and all pins. */
export async function run({ dataDir, json, output }: Context): Promise<void> {
  const { artifacts, pins } = await openArtifacts(dataDir)
  const pinned = await pins.list()
  const isPinned = new Set(pinned.map(String))
  const store = await openFacts(dataDir)
  try {
    const named = await artifactsNamed(dataDir, store, pinned)
    const held = await heldArtifacts(artifacts, named, await blocksById(artifacts))
    const items = held
      .toSorted((a, b) => a.worth - b.worth || b.usedAt - a.usedAt)
      .map(({ cid, worth, isWhole, bytes, usedAt }): Item => {
        const kept = isPinned.delete(cid.toString()) ? "pinned" : KEPT[worth]
        const used = usedAt === 0 ? null : Math.floor(usedAt / 1000)
        return { cid: cid.toString(), kept, whole: isWhole, bytes, used }
      })
    for (const cid of isPinned) items.unshift({ cid, kept: "pinned", whole: false, bytes: 0, used: null })
    if (json) output.print(safeJson({ items }))
    else printTable(output, COLUMNS, items)
  } finally {
    await store.close()
  }
}

const COLUMNS: readonly Column<Item>[] = [
  { key: "cid", value: ({ cid }) => cid, flexible: true },
  { key: "kept", value: ({ kept }) => kept },
  { key: "whole", value: ({ whole }) => whole, show: ({ whole }) => (whole ? "yes" : "no") },
  { key: "bytes", value: ({ bytes }) => bytes, show: ({ bytes }) => formatBytes(bytes), align: "right" },
  { key: "used", value: ({ used }) => used, show: ({ used }) => (used === null ? "–" : formatTime(used)) },
]
