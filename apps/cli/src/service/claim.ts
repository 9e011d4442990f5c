import { join } from "node:path"
import { type Claimed, findClaim } from "@spore/operator/process"
import { z } from "zod"

/** What the supervisor of a node says of itself, for as long as it lives. */
export interface SupervisorFields {
  /** Unix seconds. */
  started_at: number
  /** The words of its command line, as `runWords` writes them. */
  args: string[]
  /** Whether it runs in the background; false: in a terminal. */
  service: boolean
}

export type Supervisor = Claimed<SupervisorFields>
/** One that runs in the background. */
export type Service = Supervisor

export const supervisorSchema: z.ZodType<SupervisorFields> = z.object({
  started_at: z.number(),
  args: z.array(z.string()),
  service: z.boolean(),
})

/** The claim file of the supervisor. */
export function supervisorPath(dataDir: string): string {
  return join(dataDir, "service.json")
}

/** The supervisor of the node on a data folder, in the background or in a terminal; null where none lives. */
export function findSupervisor(dataDir: string): Promise<Supervisor | null> {
  return findClaim(supervisorPath(dataDir), supervisorSchema)
}

/** The supervisor that runs a node on a data folder in the background; null where none does. */
export async function findService(dataDir: string): Promise<Service | null> {
  return serviceOf(await findSupervisor(dataDir))
}

/** Null for a terminal's. */
export function serviceOf(supervisor: Supervisor | null): Service | null {
  return supervisor?.service === true ? supervisor : null
}

/** The flags of `spore run` among the words of a supervisor's command line. */
export function flagsOf({ args }: SupervisorFields): string[] {
  return args.filter((word) => word !== "run" && word !== "--service")
}
