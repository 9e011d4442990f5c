import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { safeJson } from "../output/plain.ts"
import { type ManagerName, managerHere } from "../service/manager.ts"
import { ownServiceFile } from "../service/own-file.ts"

const optionsSchema = z.looseObject({ launchd: z.boolean().default(false), systemd: z.boolean().default(false) })

/** Prints what install would write. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const file = await ownServiceFile(managerOf(optionsSchema.parse(options)), context, options)
  const { output, json } = context
  if (json) output.print(safeJson(file))
  else output.write(file.text)
}

function managerOf({ launchd, systemd }: { launchd: boolean; systemd: boolean }): ManagerName {
  const manager = launchd ? "launchd" : systemd ? "systemd" : managerHere()
  if (manager !== null) return manager
  throw cliError("bad_usage", "which service manager?", { next: "spore service print --systemd, or --launchd" })
}
