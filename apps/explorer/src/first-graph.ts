import type { Graph } from "@spore/api/client"
import { client } from "./source.ts"

let asked: { readonly task: string; readonly graph: Promise<Graph | undefined> } | undefined

/** Asks for the graph of a task's largest class, before anything is known of the task. */
export function askFirstGraph(task: string): void {
  // Where it fails, it is asked for again by its class, and says so.
  asked = { task, graph: client.graph(task).catch(() => undefined) }
}

/** The graph asked for, once; undefined where none was, or it is of another task or class. */
export async function takeFirstGraph(task: string, hardwareClass: string): Promise<Graph | undefined> {
  // The id asked for may have been a prefix.
  if (asked === undefined || !task.startsWith(asked.task)) return undefined
  const { graph } = asked
  asked = undefined
  const first = await graph
  return first?.class === hardwareClass ? first : undefined
}
