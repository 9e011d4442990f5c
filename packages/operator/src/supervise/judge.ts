import { type ChildEnd, endReason } from "./child.ts"
import type { SupervisorLimits } from "./limits.ts"
import type { ProgramRun } from "./program-run.ts"

/** Why a version on trial is not good. */
export interface Failure {
  readonly reason: string
  /** How it ended by itself; null: it still runs. */
  readonly end: ChildEnd | null
}

/** Waits until a version on trial is healthy; gives null then, or else why it is not good. */
export async function judge(
  run: ProgramRun,
  limits: Pick<SupervisorLimits, "silence" | "trial">,
): Promise<Failure | null> {
  const late = Promise.withResolvers<string>()
  const isLate = late.promise.then((reason) => ({ reason, end: null }))
  const minutes = Math.round(limits.trial / 60_000)
  const total = setTimeout(() => late.resolve(`it was not healthy after ${minutes} minutes`), limits.trial)
  let silence: NodeJS.Timeout | undefined
  function listen(): void {
    clearTimeout(silence)
    const seconds = Math.round(limits.silence / 1000)
    silence = setTimeout(
      () => late.resolve(`it said nothing for ${seconds} seconds and was not healthy`),
      limits.silence,
    )
  }
  run.onPhase(listen)
  listen()
  try {
    return await Promise.race([
      run.healthy.then(() => null),
      run.ended.then((end) => ({ reason: `${endReason(end)}, before it was healthy`, end })),
      isLate,
    ])
  } finally {
    clearTimeout(total)
    clearTimeout(silence)
  }
}
