import { excerpt } from "@spore/records"
import { z } from "zod"
import { type Instruction, type Release, releaseSchema } from "../release.ts"
import { refused } from "./problems.ts"

const KNOWN_FORMAT = 1
const KNOWN_INSTRUCTIONS: readonly string[] = [
  "copy_workspace",
  "backfill_tasks",
  "rebuild_database",
] satisfies Instruction["do"][]

/**
 * A release as its channel describes it.
 *
 * @throws SporeError `release_refused`, with what in it this program does not know
 */
export function readRelease(bytes: Uint8Array): Release {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
  } catch {
    throw refused("the description of the newest release is not JSON")
  }
  const release = releaseSchema.safeParse(value)
  if (release.success) return release.data
  throw refused(reasonOf(value) ?? `the description of the newest release is malformed: ${firstIssue(release.error)}`)
}

const outlineSchema = z.object({
  format: z.number(),
  version: z.string().optional(),
  instructions: z.array(z.object({ do: z.string() })).optional(),
})

/** What a newer program would understand. */
function reasonOf(value: unknown): string | undefined {
  const outline = outlineSchema.safeParse(value)
  if (!outline.success) return undefined
  const { format, version = "", instructions = [] } = outline.data
  const name = `release ${excerpt(version)}`
  if (format !== KNOWN_FORMAT) return `${name} is described in form ${format}; this program knows form ${KNOWN_FORMAT}`
  const unknown = instructions.find((instruction) => !KNOWN_INSTRUCTIONS.includes(instruction.do))
  return unknown && `${name} demands an instruction that this program does not know: ${excerpt(unknown.do)}`
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return issue === undefined ? "" : excerpt(`${issue.path.join(".")}: ${issue.message}`)
}
