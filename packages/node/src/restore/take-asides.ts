import { stat } from "node:fs/promises"
import { openAnyLayout, type Store } from "@spore/dag"
import { isSporeError } from "@spore/records"
import { takeFacts } from "./take-in.ts"

/**
 * Takes in the facts of databases that were put aside: the older release may have left some that it did not know.
 *
 * @param database where the store lies
 * @returns those of which all is in: they can be removed once the store is closed
 * @throws SporeError what the store refuses
 */
export async function takeAsides(
  store: Store,
  database: string,
  asides: readonly string[],
  beforeStep: (step: string) => void,
): Promise<string[]> {
  const { ino } = await stat(database)
  const taken: string[] = []
  for (const path of asides) {
    // From going back that was cut off, it may be a second name of the database itself.
    const isSame = (await stat(path)).ino === ino
    if (isSame || (await takeAside(store, path, beforeStep))) taken.push(path)
  }
  return taken
}

/** Whether all of it is in. What cannot be read is left to its keeper. */
async function takeAside(store: Store, path: string, beforeStep: (step: string) => void): Promise<boolean> {
  try {
    const source = openAnyLayout(path)
    try {
      return (await takeFacts(store, source, beforeStep)).left === 0
    } finally {
      source.close()
    }
  } catch (error) {
    if (isSporeError(error)) throw error
    return false
  }
}
