import { z } from "zod"
import type { CID } from "../cid.ts"
import { artifactLink, common, recordLink, text } from "./fields.ts"
import { type Env, envSchema, type Run, runSchema } from "./run.ts"

/** Why a candidate was tried, in its proposer's words. */
export interface Proposal {
  title: string
  hypothesis: string
  /** The proposer: `baseline`, `tuner`, a model's name, … */
  agent: string
}

/** A candidate, what it reached, and where. */
export interface ExperimentBody {
  kind: "experiment"
  v: 1
  author: Uint8Array
  created: number
  task: CID
  /** The experiment this one changes; null for a run of the task's baseline. */
  parent: CID | null
  /** The candidate: its one editable file, or the folder of its editable files. */
  code: CID
  run: Run
  env: Env
  proposal: Proposal
  log: CID | null
  outputs: CID | null
}

export const experimentSchema: z.ZodType<ExperimentBody> = z.strictObject({
  ...common("experiment"),
  task: recordLink,
  parent: recordLink.nullable(),
  code: artifactLink,
  run: runSchema,
  env: envSchema,
  proposal: z.strictObject({ title: text(256), hypothesis: text(8192), agent: text(128) }),
  log: artifactLink.nullable(),
  outputs: artifactLink.nullable(),
})
