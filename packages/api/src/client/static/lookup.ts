import type { Lookup } from "../../dto/index.ts"
import { SporeApiError } from "../error.ts"
import type { Copy } from "./copy.ts"

type Found = Lookup["items"][number]

/** What an id, its beginning or its short form stands for in a copy, at most one of each kind. */
export async function lookupIn(copy: Copy, id: string): Promise<Lookup> {
  const [{ tasks }, nodes] = await Promise.all([copy.manifest(), copy.nodes()])
  const found = await Promise.all([
    only("experiment", [id, `bafyrei${id}`], async (form) => (await copy.experiment(form)).id),
    only("task", [id, `bafyrei${id}`], async (form) => tasks[await copy.taskPlace(form)]?.id),
    only("node", [id, `12D3KooW${id}`], async (form) => nodes[await copy.nodePlace(form)]?.id),
  ])
  return { items: found.flat() }
}

/** The one thing that the first of some forms of an id to stand for anything stands for. */
async function only(
  kind: Found["kind"],
  forms: readonly string[],
  resolve: (form: string) => Promise<string | undefined>,
): Promise<Found[]> {
  for (const form of forms) {
    try {
      const id = await resolve(form)
      if (id !== undefined) return [{ kind, id }]
    } catch (error) {
      if (!(error instanceof SporeApiError && ["not_found", "ambiguous_id"].includes(error.code))) throw error
    }
  }
  return []
}
