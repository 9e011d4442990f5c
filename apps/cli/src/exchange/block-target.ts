import type { BlockScope, Store } from "@spore/dag"
import { isLegacyId } from "@spore/legacy"
import { DAG_CBOR, DAG_PB, isSporeError, messageOf, nodeIdOf, parseLink, parseNodeId, RAW } from "@spore/records"
import { cliError } from "../errors.ts"
import { resolveId } from "../ids.ts"
import { chooseTask } from "../task-choice.ts"

/** What an operator may withhold, as the command line names it. */
export const SCOPES: readonly BlockScope[] = ["id", "author", "task", "artifact"]

/**
 * Scope and value of a block. What is stored may be named by the beginning of its id, a task by its name; what is not
 * here yet by its full id.
 *
 * @throws SporeError `bad_usage`, `not_found`, `ambiguous_id`, `bad_author`, `bad_link`
 */
export async function blockTarget(
  store: Store,
  [what = "", text = ""]: readonly string[],
): Promise<{ scope: BlockScope; value: string }> {
  const scope = SCOPES.find((one) => one === what)
  switch (scope) {
    case "id":
      return { scope, value: await orFullId(text, () => resolveId(store, text)) }
    case "task":
      return { scope, value: await orFullId(text, async () => chooseTask(await store.tasks(), text).id) }
    case "author":
      return { scope, value: nodeIdOf(keyOf(text)) }
    case "artifact":
      return { scope, value: parseLink(text, RAW, DAG_PB).toString() }
    case undefined:
      throw cliError("bad_usage", `expected one of ${SCOPES.join(", ")}`, { next: "spore withhold --help" })
  }
}

function keyOf(nodeId: string): Uint8Array {
  try {
    return parseNodeId(nodeId)
  } catch (error) {
    throw cliError("bad_usage", messageOf(error), {
      cause: error,
      next: "give a node id, as spore show and spore status do",
    })
  }
}

async function orFullId(text: string, find: () => Promise<string>): Promise<string> {
  try {
    return await find()
  } catch (error) {
    if (isSporeError(error, "not_found") && isFullId(text)) return text
    throw error
  }
}

function isFullId(text: string): boolean {
  if (isLegacyId(text)) return true
  try {
    parseLink(text, DAG_CBOR)
    return true
  } catch {
    return false
  }
}
