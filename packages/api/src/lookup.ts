import type { Lookup } from "./dto/index.ts"

type Found = Lookup["items"][number]

/** Finds the id of one kind that begins with a text. Rejects with the code `not_found` or `ambiguous_id`. */
export type Resolvers = Readonly<Record<Found["kind"], (given: string) => Promise<string>>>

/** What an id, its beginning or its short form stands for, at most one of each kind. */
export async function lookupId(id: string, resolvers: Resolvers): Promise<Lookup> {
  const found = await Promise.all([
    only("experiment", [id, `bafyrei${id}`], resolvers),
    only("task", [id, `bafyrei${id}`], resolvers),
    only("node", [id, `12D3KooW${id}`], resolvers),
  ])
  return { items: found.flat() }
}

/** The one thing that the first of some forms of an id to stand for anything stands for. */
async function only(kind: Found["kind"], forms: readonly string[], resolvers: Resolvers): Promise<Found[]> {
  for (const form of forms) {
    try {
      return [{ kind, id: await resolvers[kind](form) }]
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined
      if (code !== "not_found" && code !== "ambiguous_id") throw error
    }
  }
  return []
}
