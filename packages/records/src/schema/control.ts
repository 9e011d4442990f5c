import { z } from "zod"
import type { CID } from "../cid.ts"
import { artifactLink, common, recordLink, text, uint } from "./fields.ts"
import { type Env, envSchema, type Rerun, rerunSchema } from "./run.ts"

/** A rerun of an experiment. By the experiment's own author it is noise data, never a vote. */
export interface VerificationBody {
  kind: "verification"
  v: 1
  author: Uint8Array
  created: number
  task: CID
  experiment: CID
  run: Rerun
  env: Env
  log: CID | null
}

/** Asks for more reruns of an experiment. It acts only where its evidence recomputes to suspect. */
export interface ChallengeBody {
  kind: "challenge"
  v: 1
  author: Uint8Array
  created: number
  task: CID
  experiment: CID
  /** Verifications that disagree with the claim. */
  evidence: CID[]
}

/** A rerun made because of a challenge. */
export interface ChallengeResponseBody {
  kind: "challenge_response"
  v: 1
  author: Uint8Array
  created: number
  task: CID
  challenge: CID
  experiment: CID
  run: Rerun
  env: Env
  log: CID | null
}

/** The challenger's remark on how its challenge ended; believed by nobody without recomputing it. */
export interface DisputeBody {
  kind: "dispute"
  v: 1
  author: Uint8Array
  created: number
  task: CID
  challenge: CID
  evidence: CID[]
  /** `upheld`: the experiment's claim stands. */
  outcome: "upheld" | "rejected" | "inconclusive"
}

/** "I am trying this": advisory, gossip only, in no log. */
export interface ClaimBody {
  kind: "claim"
  v: 1
  author: Uint8Array
  created: number
  task: CID
  parent: CID | null
  summary: string
  /** Unix seconds, at most 15 minutes after `created`. */
  expires: number
}

export const MAX_CLAIM_SECONDS = 900

const evidence = z.array(recordLink).min(1).max(64)

export const verificationSchema: z.ZodType<VerificationBody> = z.strictObject({
  ...common("verification"),
  task: recordLink,
  experiment: recordLink,
  run: rerunSchema,
  env: envSchema,
  log: artifactLink.nullable(),
})

export const challengeSchema: z.ZodType<ChallengeBody> = z.strictObject({
  ...common("challenge"),
  task: recordLink,
  experiment: recordLink,
  evidence,
})

export const challengeResponseSchema: z.ZodType<ChallengeResponseBody> = z.strictObject({
  ...common("challenge_response"),
  task: recordLink,
  challenge: recordLink,
  experiment: recordLink,
  run: rerunSchema,
  env: envSchema,
  log: artifactLink.nullable(),
})

export const disputeSchema: z.ZodType<DisputeBody> = z.strictObject({
  ...common("dispute"),
  task: recordLink,
  challenge: recordLink,
  evidence,
  outcome: z.enum(["upheld", "rejected", "inconclusive"]),
})

export const claimSchema: z.ZodType<ClaimBody> = z
  .strictObject({
    ...common("claim"),
    task: recordLink,
    parent: recordLink.nullable(),
    summary: text(1024, 1),
    expires: uint,
  })
  .refine(
    (claim) => claim.expires > claim.created && claim.expires - claim.created <= MAX_CLAIM_SECONDS,
    `expires at most ${MAX_CLAIM_SECONDS} s after created`,
  )
