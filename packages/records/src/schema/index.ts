import type { z } from "zod"
import {
  type ChallengeBody,
  type ChallengeResponseBody,
  challengeResponseSchema,
  challengeSchema,
  type ClaimBody,
  claimSchema,
  type DisputeBody,
  disputeSchema,
  type VerificationBody,
  verificationSchema,
} from "./control.ts"
import { type ExperimentBody, experimentSchema } from "./experiment.ts"
import { type ProfileBody, profileSchema } from "./profile.ts"
import { type TaskBody, taskSchema } from "./task.ts"

export * from "./control.ts"
export * from "./experiment.ts"
export * from "./profile.ts"
export * from "./run.ts"
export * from "./task.ts"

/** The payload of each kind. */
export interface BodyOf {
  task: TaskBody
  experiment: ExperimentBody
  verification: VerificationBody
  challenge: ChallengeBody
  challenge_response: ChallengeResponseBody
  dispute: DisputeBody
  claim: ClaimBody
  profile: ProfileBody
}

export type Kind = keyof BodyOf
export type Body = BodyOf[Kind]

export const KINDS: readonly Kind[] = [
  "task",
  "experiment",
  "verification",
  "challenge",
  "challenge_response",
  "dispute",
  "claim",
  "profile",
]

export const schemas: { readonly [K in Kind]: z.ZodType<BodyOf[K]> } = {
  task: taskSchema,
  experiment: experimentSchema,
  verification: verificationSchema,
  challenge: challengeSchema,
  challenge_response: challengeResponseSchema,
  dispute: disputeSchema,
  claim: claimSchema,
  profile: profileSchema,
}

/** Largest payload of any kind, in bytes. */
export const MAX_PAYLOAD: number = 256 * 1024

/** Largest payload of a kind, in bytes. */
export function maxPayload(kind: Kind): number {
  return kind === "task" ? 16 * 1024 : MAX_PAYLOAD
}
