import { readFile } from "node:fs/promises"
import { z } from "zod"
import { SCRIPTS, SHELLS } from "../completion/shells.ts"
import type { Context, Invocation } from "../context.ts"

export async function run({ output }: Context, { args }: Invocation): Promise<void> {
  output.write(await readFile(SCRIPTS[z.enum(SHELLS).parse(args[0])], "utf8"))
}
