import type { EvidenceFilter, Store } from "@spore/dag"
import { z } from "zod"
import { cliError } from "../errors.ts"
import { resolveId } from "../ids.ts"
import { nodeNamed, ownNodeId } from "../node-choice.ts"
import { chooseTask } from "../task-choice.ts"

/** Options of the commands that list evidence. */
export interface ListOptions {
  task?: string | undefined
  node?: string | undefined
  limit: number
  /** Where the list goes on. */
  cursor?: string | undefined
}

export const listOptions: z.ZodType<ListOptions> = z.object({
  task: z.string().optional(),
  node: z.string().optional(),
  limit: z.number().default(50),
  cursor: z.string().optional(),
})

/**
 * What a list of evidence is narrowed to.
 *
 * @param experiment an id or its beginning
 * @throws SporeError `bad_usage`, `not_found`, `ambiguous_id`
 */
export async function evidenceFilter(
  dataDir: string,
  store: Store,
  experiment: string | undefined,
  { task, node }: ListOptions,
): Promise<EvidenceFilter> {
  return {
    ...(experiment === undefined ? {} : { experiment: await experimentNamed(store, experiment) }),
    ...(task === undefined ? {} : { task: chooseTask(await store.tasks(), task).id }),
    ...(node === undefined ? {} : { author: await nodeNamed(dataDir, store, node, await ownNodeId(dataDir)) }),
  }
}

/**
 * The id of the one experiment that `text` stands for.
 *
 * @throws SporeError `bad_usage`, `not_found`, `ambiguous_id`
 */
export async function experimentNamed(store: Store, text: string): Promise<string> {
  const id = await resolveId(store, text)
  if ((await store.experiment(id)) !== undefined) return id
  throw cliError("bad_usage", `${id} is no experiment`, { next: `spore show ${text}` })
}
