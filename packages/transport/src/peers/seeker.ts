import { type Clock, type Logger, messageOf } from "@spore/records"
import type { AddressBook } from "./address-book.ts"
import type { PeerLimits } from "./limits.ts"

const MINUTE_MS = 60_000

export interface SeekerInit {
  book: AddressBook
  limits: PeerLimits
  clock: Clock
  log: Logger
  /** Connects to an address of the book. */
  dial: (address: string) => Promise<unknown>
  /** Whether an address may be dialled: its peer is not this node, not connected, and not parted from by the user. */
  isWanted: (address: string) => boolean
  /** Connections this node dialled. */
  outbound: () => number
  /** Called where connections are wanted: asks peers for others. */
  onShort: () => void
}

/** Dials known addresses while there are too few connections: a few at a time and per minute, each after its pause. */
export interface Seeker {
  start(): void
  /** Looks at once, besides at intervals. */
  wake(): void
  stop(): void
}

export function createSeeker(init: SeekerInit): Seeker {
  const { book, limits, clock, log } = init
  const dialling = new Set<string>()
  /** When the dials of the last minute began. */
  let begun: number[] = []
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function seek(): void {
    if (isStopped || isEnough()) return
    init.onShort()
    const now = clock.now()
    begun = begun.filter((at) => at <= now && now - at < MINUTE_MS)
    for (const { address } of book.due()) {
      if (isEnough() || dialling.size >= limits.seekDials || begun.length >= limits.seekDialsPerMinute) return
      if (dialling.has(address) || !init.isWanted(address)) continue
      begun.push(now)
      dialling.add(address)
      void attempt(address)
    }
  }

  function isEnough(): boolean {
    return init.outbound() + dialling.size >= limits.outboundPeers
  }

  async function attempt(address: string): Promise<void> {
    try {
      await init.dial(address)
      book.reached(address, "seen")
    } catch (error) {
      if (isStopped) return
      book.failed(address)
      log.debug({ address, error: messageOf(error) }, "known peer not reached")
    } finally {
      dialling.delete(address)
    }
    seek()
  }

  return {
    start: () => {
      timer = setInterval(seek, limits.seekMs)
      seek()
    },
    wake: seek,
    stop: () => {
      isStopped = true
      clearInterval(timer)
    },
  }
}
