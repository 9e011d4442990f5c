import { type Logger, messageOf } from "@spore/records"

/** What is to be undone when a program ends, or when its start fails half-way. */
export interface Undo {
  push(step: () => Promise<void> | void): void
  /** Undoes all, last first, each step whatever became of the others. Again, it does nothing. */
  run(): Promise<void>
}

export function createUndo(log: Logger): Undo {
  const steps: (() => Promise<void> | void)[] = []
  return {
    push: (step) => void steps.push(step),
    run: async () => {
      for (const step of steps.splice(0).toReversed()) {
        try {
          await step()
        } catch (error) {
          log.error({ error: messageOf(error) }, "stopping failed in part")
        }
      }
    },
  }
}
