import { z } from "zod"

/** Most bytes of a release's description in a channel. */
export const MAX_RELEASE_BYTES: number = 64 * 1024

const versionPattern = /^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})(-[0-9A-Za-z.-]{1,32})?$/
/** A semantic version, as a folder's name too: it holds no separators and does not begin with a dot. */
export const versionSchema: z.ZodType<string> = z.string().max(64).regex(versionPattern, "expected a version: 1.2.3")

/** Below a package's `workspace/` and below the data folder: parts without `..`, none of them hidden. */
const placeSchema = z
  .string()
  .max(256)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/, "expected a relative path")

/**
 * What a node does once after it was switched to a release, before it starts: a closed set, as data. Nothing of it is
 * a command line. A release that names anything else is refused before a byte of it is installed.
 */
export const instructionSchema: z.ZodType<Instruction> = z.discriminatedUnion("do", [
  /** Copies a folder of the package (below `workspace/`) to the data folder (below `workspace/`); what is there stays. */
  z.strictObject({ do: z.literal("copy_workspace"), from: placeSchema, to: placeSchema }),
  /** Stores the bundled tasks of the release, so that they are known before a peer brings them. */
  z.strictObject({ do: z.literal("backfill_tasks") }),
  /** Derives all tables anew from the facts. */
  z.strictObject({ do: z.literal("rebuild_database") }),
])

export type Instruction =
  | { readonly do: "copy_workspace"; readonly from: string; readonly to: string }
  | { readonly do: "backfill_tasks" }
  | { readonly do: "rebuild_database" }

/** What a channel says of its newest release: the target `stable.json`, signed like every target. */
export interface Release {
  readonly format: 1
  readonly version: string
  /** Unix seconds. */
  readonly released: number
  /** Oldest Node.js it runs on. */
  readonly node: string
  /** Layout of the database that it writes: the number of migrations. */
  readonly database: number
  /** Path of the archive among the targets: a packed `@spore/cli`, with all it needs inside. */
  readonly archive: string
  readonly instructions: readonly Instruction[]
  /** For people; Markdown. */
  readonly notes: string
}

export const releaseSchema: z.ZodType<Release> = z.strictObject({
  format: z.literal(1),
  version: versionSchema,
  released: z.number().int().nonnegative(),
  node: z.string().regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/),
  database: z.number().int().positive(),
  archive: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,127}\.tgz$/),
  instructions: z.array(instructionSchema).max(16),
  notes: z.string().max(16 * 1024),
})
