import { type FromProgram, toProgramSchema } from "./messages.ts"

/** Set for a supervised program by its supervisor; taken out of its environment as soon as it is read. */
export const SUPERVISED = "SPORE_SUPERVISED"

/** A program's line to its supervisor. What is said when the supervisor is gone is lost. */
export interface Supervised {
  /** It started, has its database open and answers. */
  healthy(): void
  /** It ends before it is healthy, and another version would too; cut at 256 characters. */
  hindered(reason: string): void
  /** What a long start is doing, so that it is not taken for one that hangs; cut at 256 characters. */
  phase(text: string): void
  /** Once this process has ended, the supervisor tries that version. */
  switchTo(version: string): void
  /** Once this process has ended, the supervisor starts it again. */
  restart(): void
  /**
   * Calls back when the supervisor asks for the end or is gone. `again` the second time: then it is to end at once.
   * What came before is told at once.
   */
  onStop(listener: (again: boolean) => void): void
}

/** What of `process` it takes. */
export interface SupervisedProcess {
  readonly env: Record<string, string | undefined>
  readonly connected?: boolean
  readonly channel?: { unref(): void } | null | undefined
  send?(message: FromProgram, handle: undefined, options: undefined, callback: (error: Error | null) => void): boolean
  on(event: "message", listener: (message: unknown) => void): unknown
  on(event: "disconnect", listener: () => void): unknown
}

const MAX_TEXT = 256

/** The line to the supervisor of a process; null where it has none. Only the first call gets it. */
export function createSupervised(process: SupervisedProcess): Supervised | null {
  const isSupervised = process.env[SUPERVISED] === "1" && process.connected === true
  delete process.env[SUPERVISED]
  if (!isSupervised) return null

  const listeners: ((again: boolean) => void)[] = []
  let stops = 0
  function stop(): void {
    stops += 1
    for (const listener of listeners) listener(stops > 1)
  }
  process.on("message", (message) => {
    if (toProgramSchema.safeParse(message).success) stop()
  })
  process.on("disconnect", () => {
    if (stops === 0) stop()
  })
  // Listening must not keep a program alive that has nothing left to do.
  process.channel?.unref()

  const say = (message: FromProgram): void => {
    process.send?.(message, undefined, undefined, () => undefined)
  }
  return {
    healthy: () => say({ type: "healthy" }),
    hindered: (reason) => say({ type: "hindered", reason: reason.slice(0, MAX_TEXT) }),
    phase: (text) => say({ type: "phase", phase: text.slice(0, MAX_TEXT) }),
    switchTo: (version) => say({ type: "switch", version }),
    restart: () => say({ type: "restart" }),
    onStop: (listener) => {
      listeners.push(listener)
      for (let told = 0; told < stops; told++) listener(told > 0)
    },
  }
}
