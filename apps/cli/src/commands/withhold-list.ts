import { allPages, type Block, type Tombstone } from "@spore/dag"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { openFacts } from "../folder/facts.ts"
import { shortId, shortNode } from "../ids.ts"
import { formatTime } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { type Column, printTable } from "../output/table.ts"

const optionsSchema = z.object({ facts: z.boolean().default(false) })

/** Lists what this node was told not to carry, or the facts that it withholds therefore. */
export async function run({ dataDir, json, output }: Context, { options }: Invocation): Promise<void> {
  const { facts } = optionsSchema.parse(options)
  const store = await openFacts(dataDir)
  try {
    if (facts) {
      const items: Tombstone[] = []
      for await (const item of allPages((page) => store.withheld(page))) items.push(item)
      if (json) output.print(safeJson({ items }))
      else printTable(output, TOMBSTONES, items)
      return
    }
    const items = await store.blocks()
    if (json) output.print(safeJson({ items }))
    else printTable(output, BLOCKS, items)
  } finally {
    await store.close()
  }
}

const BLOCKS: readonly Column<Block>[] = [
  { key: "scope", value: ({ scope }) => scope },
  { key: "value", value: ({ value }) => value },
  { key: "since", value: ({ since }) => since, show: ({ since }) => formatTime(since) },
  { key: "reason", value: ({ reason }) => reason, flexible: true },
]

const TOMBSTONES: readonly Column<Tombstone>[] = [
  { key: "kind", value: ({ kind }) => kind },
  { key: "id", value: ({ id }) => id, show: ({ id }) => shortId(id) },
  { key: "task", value: ({ task }) => task, show: ({ task }) => (task === null ? "–" : shortId(task)) },
  { key: "node", value: ({ author }) => author, show: ({ author }) => shortNode(author) },
  { key: "created", value: ({ created }) => created, show: ({ created }) => formatTime(created) },
  { key: "reason", value: ({ reason }) => reason, flexible: true },
]
