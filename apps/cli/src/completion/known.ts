import { existsSync } from "node:fs"
import { join } from "node:path"
import { shortId } from "@spore/api/views"
import { experimentTitles, taskNames } from "@spore/dag/names"
import { plain } from "../output/plain.ts"
import type { Candidate } from "./resolve.ts"

/** Strangers name tasks: only what no shell takes for anything else goes into a command line. */
const SAFE = /^[\p{L}\p{N}][\p{L}\p{N}_.+-]*$/u
const MOST = 100
const MOST_TEXT = 60

/**
 * What the data folder knows of this kind, the most active or newest first.
 *
 * @throws where the database cannot be read
 */
export function knownValues(dataDir: string, kind: "task" | "experiment"): Candidate[] {
  const path = join(dataDir, "spore.sqlite")
  if (!existsSync(path)) return []
  return kind === "task"
    ? taskNames(path, MOST).map(({ id, name, description }) =>
        candidate(SAFE.test(name) ? name : shortId(id), description === "" ? name : description),
      )
    : experimentTitles(path, MOST).map(({ id, name }) => candidate(shortId(id), name))
}

function candidate(word: string, text: string): Candidate {
  return { word, description: plain(text).slice(0, MOST_TEXT) }
}
