import { findTask, PINNED_TASK } from "@spore/node/local"
import type { Store, TaskRow } from "@spore/dag"
import { SporeError } from "@spore/records"
import { cliError } from "./errors.ts"
import type { LiveNode } from "./folder/live.ts"
import { idPrefixes } from "./ids.ts"

/**
 * The task with this name or id; of the id its beginning will do, without the part that all ids share.
 *
 * @throws SporeError `not_found`, `ambiguous_id`
 */
export function chooseTask(tasks: readonly TaskRow[], text: string): TaskRow {
  const task = findTask(tasks, text) ?? byOwnPrefix(tasks, text)
  if (task !== undefined) return task
  throw cliError("not_found", `no task ${JSON.stringify(text.slice(0, 80))} is known here`, { next: "spore task list" })
}

function byOwnPrefix(tasks: readonly TaskRow[], text: string): TaskRow | undefined {
  let prefixes: string[]
  try {
    prefixes = idPrefixes(text)
  } catch (error) {
    if (error instanceof SporeError) return undefined
    throw error
  }
  for (const prefix of prefixes) {
    const task = findTask(tasks, prefix)
    if (task !== undefined) return task
  }
  return undefined
}

/**
 * What a node is to be told where `text` was asked for: the text itself, or the full id where only a beginning without
 * the part that all ids share was given. A task that is not known yet may come with a peer.
 *
 * @throws SporeError `ambiguous_id`
 */
export function taskToFollow(tasks: readonly TaskRow[], text: string): string {
  return findTask(tasks, text) === undefined ? (byOwnPrefix(tasks, text)?.id ?? text) : text
}

/** The id of the task a node works on: as the running one says, else the pinned one; null where neither is known. */
export async function followedTaskId(
  store: Store,
  tasks: readonly TaskRow[],
  live: LiveNode | null,
): Promise<string | null> {
  const status = live?.status ?? null
  if (status !== null) return status.task
  const pinned = await store.getLocal(PINNED_TASK)
  return pinned === undefined ? null : (findTask(tasks, pinned)?.id ?? null)
}
