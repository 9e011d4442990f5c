import type { z } from "zod"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"

/**
 * A SPORE_* variable as `schema` has it; undefined where it is not set.
 *
 * @throws SporeError `bad_setting` naming it
 */
export function fromEnv<T>(
  env: Context["env"],
  name: string,
  schema: z.ZodType<T>,
  read: (text: string) => unknown,
): T | undefined {
  const text = variable(env, name)
  if (text === undefined) return undefined
  const parsed = schema.safeParse(read(text.trim()))
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues[0]?.message
  throw cliError("bad_setting", `${name}=${text.slice(0, 80)}: ${reason}`, { next: `unset ${name}, or correct it` })
}

/** An empty variable counts as unset, as shells have it. */
export function variable(env: Context["env"], name: string): string | undefined {
  const text = env[name]
  return text === undefined || text === "" ? undefined : text
}

/** Digits as a number; anything else as one that every schema refuses. */
export function wholeOf(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN
}
