import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { openEnvironments } from "../exchange/local-environments.ts"
import { plain, safeJson } from "../output/plain.ts"

/** Deletes a prepared environment, and the yes to it. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const { json, output } = context
  const [asked = ""] = args
  const environments = await openEnvironments(context)
  const found = (await environments.list()).filter(({ id }) => id.startsWith(asked.toLowerCase()))
  const [environment, ...others] = found
  if (environment === undefined) {
    throw cliError("not_found", `no environment ${plain(asked.slice(0, 80))}`, { next: "spore task environments" })
  }
  if (others.length > 0) {
    throw cliError("ambiguous_id", `several environments begin with ${plain(asked)}`, {
      next: "give more characters of the id",
    })
  }
  await environments.remove(environment.id)
  if (json) output.print(safeJson({ removed: environment.id, bytes: environment.bytes }))
  else output.print(`removed ${environment.id}`)
}
