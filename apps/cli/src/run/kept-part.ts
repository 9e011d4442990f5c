import { type Clock, type Logger, messageOf } from "@spore/records"
import type { Notice } from "@spore/node"
import { clockTime } from "./faults.ts"

/** A part of the node that listens. */
export interface Part {
  /** Settles when it listens no more, asked for or not. */
  readonly ended: Promise<void>
  close(): Promise<void>
}

export interface KeptPartInit {
  /** Begins the words of its notice: `The explorer`. */
  name: string
  code: string
  /** What listens now. */
  first: Part
  /** Makes it listen again, at the same place. */
  reopen(): Promise<Part>
  report(notice: Notice): void
  retract(code: string): void
  clock: Clock
  log: Logger
  /** Before each try; the last one for all that follow. */
  pausesMs?: readonly number[]
}

const PAUSES_MS = [500, 2_000, 10_000, 60_000]

/** Opens a part again whenever it ends without being asked to, however often that takes. */
export function keepPart(init: KeptPartInit): { close(): Promise<void> } {
  const { name, code, report, retract, clock, log, pausesMs = PAUSES_MS } = init
  let part: Part | null = init.first
  let isClosing = false
  let timer: NodeJS.Timeout | undefined
  let opening: Promise<void> = Promise.resolve()

  function watch(opened: Part): void {
    void opened.ended.then(() => {
      if (isClosing) return
      part = null
      log.error({ part: code }, "stopped listening")
      again(0, clock.now(), "it stopped listening")
    })
  }

  function again(tries: number, since: number, why: string): void {
    report({
      code,
      message: `${name} does not answer since ${clockTime(since)}: ${why}. It is opened again.`,
      next: null,
    })
    const tryNow = (): void => {
      opening = open(tries, since)
    }
    timer = setTimeout(tryNow, pausesMs[Math.min(tries, pausesMs.length - 1)])
  }

  async function open(tries: number, since: number): Promise<void> {
    try {
      part = await init.reopen()
    } catch (error) {
      log.warn({ part: code, error: messageOf(error) }, "not opened again yet")
      if (!isClosing) again(tries + 1, since, messageOf(error))
      return
    }
    log.info({ part: code }, "opened again")
    retract(code)
    watch(part)
  }

  watch(init.first)
  return {
    close: async () => {
      isClosing = true
      clearTimeout(timer)
      await opening
      await part?.close()
    },
  }
}
