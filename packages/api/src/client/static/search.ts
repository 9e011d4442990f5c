import { queryWords, wordsOf } from "@spore/dag/words"
import { CHUNK, copyPaths, textSchema } from "../../copy/format.ts"
import type { Page, SearchHit } from "../../dto/index.ts"
import type { SearchQuery } from "../client.ts"
import type { Copy, Place } from "./copy.ts"
import { boundsOf, nextOf, refused } from "./pages.ts"

/**
 * Tasks and profiles, then experiments from the latest stored on, in whose text every word occurs, the last one as a
 * beginning.
 */
export async function searchCopy(copy: Copy, { q, task, kind, ...page }: SearchQuery): Promise<Page<SearchHit>> {
  const words = queryWords(q)
  if (words.length === 0) throw refused("bad_query", 400, "a search needs a word", "give letters or digits")
  const { from, limit } = boundsOf(page)
  const others =
    task === undefined && kind !== "experiment"
      ? (await findOthers(copy, words)).filter((hit) => kind === undefined || hit.kind === kind)
      : []
  const places = kind === undefined || kind === "experiment" ? await findExperiments(copy, words, task) : []
  const experiments = places.slice(Math.max(0, from - others.length), Math.max(0, from + limit - others.length))
  return {
    items: [...others.slice(from, from + limit), ...(await hitsOf(copy, experiments))],
    next_cursor: nextOf(from + limit, others.length + places.length),
  }
}

async function findOthers(copy: Copy, words: readonly string[]): Promise<SearchHit[]> {
  const { tasks } = await copy.manifest()
  const details = await Promise.all(tasks.map(async (_, place) => (await copy.task(place)).detail))
  const found: SearchHit[] = details
    // A task that nobody signed a manifest of is no object that a search could find.
    .filter(({ created, name, description }) => created !== null && hasWords(`${name}\n${description}`, words))
    .map(({ id, network, name, description }) => ({ kind: "task", id, network, name, description }))
  for (const { profile } of await copy.nodes()) {
    if (profile !== null && hasWords(`${profile.display_name}\n${profile.bio}`, words)) {
      found.push({ kind: "profile", profile })
    }
  }
  return found
}

async function findExperiments(copy: Copy, words: readonly string[], task: string | undefined): Promise<Place[]> {
  const { tasks } = await copy.manifest()
  const places = task === undefined ? tasks.map((_, i) => i) : [await copy.taskPlace(task)]
  const found: (Place & { readonly seq: number })[] = []
  for (const place of places) {
    const { columns } = await copy.task(place)
    const chunks = Array.from({ length: Math.ceil(columns.seq.length / CHUNK) }, (_, chunk) =>
      copy.files.read(textSchema, copyPaths.text(place, chunk)),
    )
    for (const [position, text] of (await Promise.all(chunks)).flat().entries()) {
      if (hasWords(text, words)) found.push({ task: place, position, seq: columns.seq[position] ?? 0 })
    }
  }
  return found.toSorted((a, b) => b.seq - a.seq)
}

async function hitsOf(copy: Copy, places: readonly Place[]): Promise<SearchHit[]> {
  const rows = await copy.rows(places)
  return Promise.all(
    rows.map(async (experiment, i): Promise<SearchHit> => {
      const { detail } = await copy.task(places[i]?.task ?? 0)
      return { kind: "experiment", experiment, task_name: detail.name, metric: detail.metric }
    }),
  )
}

function hasWords(text: string, words: readonly string[]): boolean {
  const own = wordsOf(text)
  const last = words.at(-1) ?? ""
  return words.slice(0, -1).every((word) => own.includes(word)) && own.some((word) => word.startsWith(last))
}
