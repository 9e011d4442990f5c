import { join } from "node:path"
import { type Claimed, findClaim } from "@spore/operator/process"
import { z } from "zod"

/** What the supervisor of a node in the background says of itself, for as long as it lives. */
export interface ServiceFields {
  /** Unix seconds. */
  started_at: number
  /** The words of its command line. */
  args: string[]
}

export type Service = Claimed<ServiceFields>

export const serviceSchema: z.ZodType<ServiceFields> = z.object({
  started_at: z.number(),
  args: z.array(z.string()),
})

/** The claim file of the supervisor. */
export function servicePath(dataDir: string): string {
  return join(dataDir, "service.json")
}

/** The supervisor that runs a node on a data folder in the background; null where none does. */
export function findService(dataDir: string): Promise<Service | null> {
  return findClaim(servicePath(dataDir), serviceSchema)
}

/** The flags of `spore run` among the words of a supervisor's command line. */
export function flagsOf({ args }: ServiceFields): string[] {
  return args.filter((word, i) => !NO_FLAGS.includes(word) && !isDataDir(word) && args[i - 1] !== "--data-dir")
}

const NO_FLAGS: readonly string[] = ["run", "--service", "--json"]

function isDataDir(word: string): boolean {
  return word === "--data-dir" || word.startsWith("--data-dir=")
}
