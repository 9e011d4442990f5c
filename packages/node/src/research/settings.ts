import { SporeError } from "@spore/records"
import type { ResearchLimits } from "../node.ts"

/** How a node does research. */
export interface ResearchSettings {
  /** Experiments made side by side, 1 to 64; 1 by default. Timed ones still run one at a time. */
  workers?: number
  limits?: Partial<ResearchLimits>
  /** What the keeper wants tried, read anew for each proposal; null where nothing is said. */
  program?: () => Promise<string | null>
  /** Wall seconds after which a proposer is no longer waited for; half an hour by default. */
  proposalSeconds?: number
}

const MOST_WORKERS = 64
const PROPOSAL_SECONDS = 30 * 60

export type ResearchSettingsErrorCode = "bad_workers"

/** @throws SporeError `bad_workers` */
export function readSettings(settings: ResearchSettings): Required<ResearchSettings> {
  const { workers = 1, limits = {}, program = noProgram, proposalSeconds = PROPOSAL_SECONDS } = settings
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    throw new SporeError<ResearchSettingsErrorCode>("bad_workers", `not a number of workers: ${workers}`, {
      next: `give 1 to ${MOST_WORKERS}`,
    })
  }
  return { workers, limits, program, proposalSeconds }
}

async function noProgram(): Promise<null> {
  return null
}
