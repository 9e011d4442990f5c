import { z } from "zod"
import type { Context } from "../context.ts"
import { isLimited, limitsOf, settingsOf } from "../supervised/limited.ts"
import { type ManagerName, type ServiceFile, serviceFile } from "./manager.ts"
import { runWords } from "./run-words.ts"

const optionsSchema = z.record(z.string(), z.unknown())

/**
 * The file that has a manager run the node of a data folder with options of `spore run`, as commander read them.
 *
 * @throws SporeError `bad_usage`
 */
export async function ownServiceFile(manager: ManagerName, context: Context, options: unknown): Promise<ServiceFile> {
  const given = limitsOf(optionsSchema.parse(options))
  // Variables of this shell do not reach it.
  const restarts = !isLimited(given, {}, await settingsOf(context.dataDir))
  return serviceFile(manager, context, { words: runWords(options), restarts })
}
