import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { isSporeError } from "@spore/records"
import { z } from "zod"

/** The code of the SporeError that `attempt` throws. */
export function codeOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (isSporeError(error)) return error.code
    throw error
  }
  return "was not refused"
}

export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

const common = z.object({
  name: z.string(),
  wire_payload: z.string(),
  node: z.object({ verdict: z.string(), stored: z.boolean().optional() }),
})
const signed = common.extend({ canonical_b64: z.string(), id: z.string(), signature: z.string() })
const event = signed.extend({ message_type: z.string(), id_ok: z.literal(true), signature_ok: z.literal(true) })
const experiment = signed.extend({
  cid_ok: z.literal(true),
  signature_ok: z.literal(true),
  version: z.number(),
  wire_frame_len: z.number(),
  wire_frame_sha256: z.string(),
})
const negative = common.extend({
  message_type: z.string(),
  id_ok: z.unknown().optional(),
  signature_ok: z.unknown().optional(),
})
const objectsSchema = z.object({
  records: z.array(experiment).min(100),
  tasks: z.array(event).min(6),
  control: z.array(event).min(7),
  profiles: z.array(event).min(3),
  negative: z.array(negative).min(49),
})

/** Objects made by 0.6.0 itself, and what it thought of them. */
export const vectors: z.infer<typeof objectsSchema> = objectsSchema.parse(
  JSON.parse(await readFile(fixture("objects.json"), "utf8")),
)

/** The wire JSON of the vector of this name. */
export function wireOf(name: string): string {
  const all = [...vectors.records, ...vectors.tasks, ...vectors.control, ...vectors.profiles, ...vectors.negative]
  const vector = all.find((each) => each.name === name)
  if (vector === undefined) throw new Error(`no vector ${name}`)
  return vector.wire_payload
}

const ranked = z.array(z.tuple([z.string(), z.number()]))
const graphSchema = z.object({
  backfill_return_value: z.record(z.string(), z.string()),
  task_id_by_record: z.record(z.string(), z.string()),
  all_task_ids: z.array(z.string()),
  tasks_table: z.array(
    z.object({ task_id: z.string(), name: z.string(), description: z.string(), timestamp: z.number() }),
  ),
  auto_selected_task: z.string(),
  frontier_by_task: z.record(z.string(), ranked),
  frontier_all_tasks: ranked,
  best_by_task: z.record(z.string(), z.string()),
})

/** What 0.6.0 made of `graph-0.4.sqlite`, a database from before tasks. */
export const graph: z.infer<typeof graphSchema> = graphSchema.parse(
  JSON.parse(await readFile(fixture("graph-0.4.expected.json"), "utf8")),
)
