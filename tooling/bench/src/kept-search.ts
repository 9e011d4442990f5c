import { tmpdir } from "node:os"
import { join } from "node:path"
import { openFixture } from "@spore/fixture"

/** Where searches are kept that take minutes to build. */
export const CACHE: string = join(tmpdir(), "spore-bench-explorer")

/** The folder of a search with so many experiments, built the first time. What is to be changed is copied first. */
export async function keptSearch(cache: string, experiments: number): Promise<string> {
  const folder = join(cache, String(experiments))
  await (await openFixture(folder, { experiments, profiles: true, name: "shakespeare-lm" })).node.stop()
  return folder
}

/** The number of experiments that an argument `[COUNT][,FOLDER]` asks for, and the folder where its search is kept. */
export function searchAsked(suite: string, argument: string): { count: number; cache: string } {
  const [given = "", cache = CACHE] = argument.split(",")
  const count = given === "" ? 100_000 : Number(given)
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`${suite}:${given}: not a number of experiments`)
  return { count, cache }
}
