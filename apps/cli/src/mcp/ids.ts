import type { Lookup, SporeClient, Task } from "@spore/api/client"
import { cliError } from "../errors.ts"

/** The ids that agents' words stand for. */

/** @throws SporeError `not_found` */
export function experimentId(client: SporeClient, text: string): Promise<string> {
  return idOf(client, text, "experiment")
}

/** @throws SporeError `not_found` */
export function nodeId(client: SporeClient, text: string): Promise<string> {
  return idOf(client, text, "node")
}

async function idOf(client: SporeClient, text: string, kind: Lookup["items"][number]["kind"]): Promise<string> {
  const found = (await client.lookup(text)).items.find((item) => item.kind === kind)
  if (found !== undefined) return found.id
  throw cliError("not_found", `no one ${kind} is known here as ${JSON.stringify(text)}`, {
    next: "give more characters of the id, or look for it: search",
  })
}

/**
 * The task of a name or an id; without one the task that the node follows, else the most active one.
 *
 * @throws SporeError `not_found`
 */
export async function taskOf(client: SporeClient, text: string | undefined): Promise<Task> {
  let first: Task | undefined
  let cursor: string | null = null
  do {
    const page = await client.tasks({ limit: 500, cursor })
    first ??= page.items[0]
    const found = page.items.find(({ id, name, followed }) =>
      text === undefined ? followed : [id, name].includes(text),
    )
    if (found !== undefined) return found
    cursor = page.next_cursor
  } while (cursor !== null)
  if (text === undefined && first !== undefined) return first
  const byId = text === undefined || text.length < 4 ? undefined : await taskById(client, text)
  if (byId !== undefined) return byId
  throw cliError("not_found", `no task ${JSON.stringify(text)} is known here`, { next: "list_tasks" })
}

async function taskById(client: SporeClient, text: string): Promise<Task | undefined> {
  const found = (await client.lookup(text)).items.find(({ kind }) => kind === "task")
  return found === undefined ? undefined : client.task(found.id)
}
