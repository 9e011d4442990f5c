import { SporeError } from "@spore/records"

/** What a node reruns. */
export interface VerifySettings {
  /** False reruns only what its keeper asks for; true by default. */
  enabled?: boolean
  /** Percent of the device's time that reruns may take from research, 1 to 100; 50 by default. */
  rate?: number
}

const DEFAULT_RATE = 50

/** @throws SporeError `bad_verify_rate` */
export function verifyRate({ rate = DEFAULT_RATE }: VerifySettings = {}): number {
  if (rate >= 1 && rate <= 100) return rate
  throw new SporeError("bad_verify_rate", `a verify rate of ${rate} is not from 1 to 100 percent`, {
    next: "give a percentage from 1 to 100; to rerun nothing, turn verifying off",
  })
}
