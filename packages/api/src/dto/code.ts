import { z } from "zod"
import { artifactIdSchema, countSchema, recordIdSchema } from "./common.ts"

/** One file of a candidate. */
export interface CodeFile {
  /** Relative path; empty where the candidate is a single file. */
  path: string
  /** Bytes. */
  size: number
  text: string | null
  /** Why there is no text. */
  omitted: "binary" | "too_large" | null
}

/** A candidate's files, as far as this node holds them. */
export interface Code {
  code: string
  held: boolean
  files: CodeFile[]
}

/** How one file differs. */
export interface DiffFile {
  path: string
  change: "added" | "removed" | "modified"
  additions: number
  deletions: number
  /** Unified hunks with three lines of context, without file headers. */
  patch: string | null
  omitted: "binary" | "too_large" | null
}

/** How an experiment's code differs from another's, its parent's by default. */
export interface Diff {
  experiment: string
  /** What it is compared with; null where there is no parent. */
  against: string | null
  /** False where the code of one of the two is not held here. */
  held: boolean
  /** The code that is not held here. */
  missing: string[]
  /** The files that differ. */
  files: DiffFile[]
}

const omittedSchema = z.enum(["binary", "too_large"]).nullable()

export const codeSchema: z.ZodType<Code> = z
  .object({
    code: artifactIdSchema,
    held: z.boolean(),
    files: z.array(
      z.object({ path: z.string(), size: countSchema, text: z.string().nullable(), omitted: omittedSchema }),
    ),
  })
  .meta({ id: "Code" })

export const diffSchema: z.ZodType<Diff> = z
  .object({
    experiment: recordIdSchema,
    against: recordIdSchema.nullable(),
    held: z.boolean(),
    missing: z.array(artifactIdSchema),
    files: z.array(
      z.object({
        path: z.string(),
        change: z.enum(["added", "removed", "modified"]),
        additions: countSchema,
        deletions: countSchema,
        patch: z.string().nullable(),
        omitted: omittedSchema,
      }),
    ),
  })
  .meta({ id: "Diff" })
