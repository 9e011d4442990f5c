import type { Child, ChildEnd } from "./child.ts"
import type { SupervisorEvent } from "./events.ts"
import type { SupervisorLimits } from "./limits.ts"
import { type FromProgram, fromProgramSchema } from "./messages.ts"

/** What a program wants to be done once it has ended. */
export type Wish = Extract<FromProgram, { type: "switch" | "restart" }>

/** One run of a program, from its start to its end. */
export interface ProgramRun {
  readonly version: string
  readonly ended: Promise<ChildEnd>
  /** Settles when it says that it is healthy, if ever. */
  readonly healthy: Promise<void>
  /** The last one it had; null: none. */
  readonly wish: () => Wish | null
  /** What keeps it, and any version, from starting; null: nothing that it knows of. */
  readonly hindrance: () => string | null
  /** Calls back at each phase that it tells. */
  onPhase(listener: () => void): void
  /** Asks it to end in order, and kills it where it does not. */
  stop(): void
  /** Asks it to end at once, and kills it where it does not. */
  stopNow(): void
}

/** Watches a child from its start on; it is not taken at its word beyond the messages that there are. */
export function watchRun(
  version: string,
  child: Child,
  limits: Pick<SupervisorLimits, "stop" | "hardStop">,
  onEvent: (event: SupervisorEvent) => void,
): ProgramRun {
  const healthy = Promise.withResolvers<void>()
  const phaseListeners: (() => void)[] = []
  let isHealthy = false
  let isUnderstood = true
  let wish: Wish | null = null
  let hindrance: string | null = null
  let deadline: NodeJS.Timeout | undefined
  let hasEnded = false

  child.onMessage((received) => {
    const parsed = fromProgramSchema.safeParse(received)
    if (parsed.success) return take(parsed.data)
    if (isUnderstood) onEvent({ type: "not_understood", version })
    isUnderstood = false
  })
  const ended = child.ended.then((end) => {
    hasEnded = true
    clearTimeout(deadline)
    return end
  })

  function take(message: FromProgram): void {
    if (message.type === "switch" || message.type === "restart") wish = message
    else if (isHealthy) return
    else if (message.type === "phase") {
      onEvent({ type: "phase", version, phase: message.phase })
      for (const listener of phaseListeners) listener()
    } else if (message.type === "hindered") hindrance = message.reason
    else {
      isHealthy = true
      onEvent({ type: "healthy", version })
      healthy.resolve()
    }
  }

  function endWithin(milliseconds: number): void {
    if (hasEnded) return
    clearTimeout(deadline)
    deadline = setTimeout(() => {
      onEvent({ type: "killed", version, waited: milliseconds })
      child.kill()
    }, milliseconds)
    child.send({ type: "stop" })
  }

  return {
    version,
    ended,
    healthy: healthy.promise,
    wish: () => wish,
    hindrance: () => hindrance,
    onPhase: (listener) => void phaseListeners.push(listener),
    stop: () => endWithin(limits.stop),
    stopNow: () => endWithin(limits.hardStop),
  }
}
