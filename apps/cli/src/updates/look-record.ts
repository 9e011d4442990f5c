import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Notice } from "@spore/api/client"
import { z } from "zod"
import { replaceFile } from "../folder/replace-file.ts"

/** What the last look at a channel found: of all nodes of a user, and of what the user asked for. */
export interface LookRecord {
  readonly format: 1
  /** Address of the channel. */
  readonly channel: string
  /** Unix seconds. */
  readonly looked_at: number
  readonly reached_at: number | null
  /** When a channel that never answered was first asked; null once it has. */
  readonly asked_since: number | null
  /** Until when the metadata hold that were seen last; null where none were. */
  readonly valid_until: number | null
  readonly newest: { readonly version: string; readonly released: number; readonly node: string } | null
  /** Why the last look, or taking what it found, failed; null where it did not. An unreachable channel is none. */
  readonly problem: Notice | null
}

const recordSchema: z.ZodType<LookRecord> = z.object({
  format: z.literal(1),
  channel: z.string(),
  looked_at: z.number(),
  reached_at: z.number().nullable(),
  asked_since: z.number().nullable().default(null),
  valid_until: z.number().nullable().default(null),
  newest: z.object({ version: z.string(), released: z.number(), node: z.string() }).nullable(),
  problem: z.object({ code: z.string(), message: z.string(), next: z.string().nullable() }).nullable(),
})

/** Null where none was made, or of another channel. */
export async function readLook(folder: string, channel: string): Promise<LookRecord | null> {
  try {
    const record = recordSchema.parse(JSON.parse(await readFile(lookPath(folder), "utf8")))
    return record.channel === channel ? record : null
  } catch {
    // None, or of another version: the next look writes it anew.
    return null
  }
}

export async function writeLook(folder: string, record: LookRecord): Promise<void> {
  await replaceFile(lookPath(folder), `${JSON.stringify(record)}\n`)
}

function lookPath(folder: string): string {
  return join(folder, "updates.json")
}
