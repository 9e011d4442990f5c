import type { Stream } from "@libp2p/interface"
import { type CID, DAG_PB } from "@spore/records"
import { MAX_BLOCK } from "@spore/records/artifacts"
import { transportError } from "../errors.ts"
import { type FrameStream, frameStream } from "../frames.ts"
import type { TransportLimits } from "../limits.ts"
import { decodeAnswer, encodeRequest, MAX_ANSWER_BYTES } from "./protocol.ts"

/** A few blocks, so that the peer need not wait while this side checks and stores one. */
const READ_AHEAD = 4 * MAX_BLOCK
/** What a block is thought to have before any came. */
const FIRST_GUESS = 16 * 1024

/** A block to ask for. */
export interface Wanted {
  readonly cid: CID
  /** What a link says of its length, which only guides the window; null where none did. */
  readonly size: number | null
}

/** How a lane ended. */
export interface LaneEnd<W extends Wanted> {
  /** Null where it was ended for want of work. */
  readonly error: unknown
  /** In the order asked; the peer owed the first one when the lane ended. */
  readonly unanswered: readonly W[]
  /** Whether any block came. */
  readonly gave: boolean
}

export interface LaneInit<W extends Wanted> {
  open: (signal: AbortSignal) => Promise<Stream>
  limits: TransportLimits
  signal: AbortSignal
  /**
   * Takes the answer to one request, undefined where the peer does not hold it. The next one is read when this is
   * done; where it throws, the lane ends by that error.
   */
  onAnswer: (wanted: W, block: Uint8Array | undefined) => Promise<void>
  /** There is room for further requests. */
  onRoom: () => void
  onEnd: (end: LaneEnd<W>) => void
}

/** One stream to one peer on which requests follow each other without waiting for answers. */
export interface Lane<W extends Wanted> {
  /** Whether it still takes requests. */
  isOpen(): boolean
  /** Bytes thought to be under way. */
  load(): number
  /** Whether more may be asked for. */
  hasRoom(): boolean
  /** Asks in the order of the calls; those of one turn go in one request. */
  ask(wanted: W): void
  /** Resolves when the lane has ended. */
  readonly ended: Promise<void>
}

/** Opens a stream at the first request and ends it when nothing was asked for a while. */
export function createLane<W extends Wanted>(init: LaneInit<W>): Lane<W> {
  const { limits, onAnswer, onRoom, onEnd } = init
  const failed = new AbortController()
  const signal = AbortSignal.any([init.signal, failed.signal])
  const asked: { wanted: W; guess: number }[] = []
  let unsent: CID[] = []
  let load = 0
  let usual = FIRST_GUESS
  let isOpen = true
  let gave = false
  let isSendDue = false
  let frames: FrameStream | undefined
  let onAsked: (() => void) | undefined
  /** When the last byte came, or the wait for it began. */
  let heardAt = 0

  async function run(): Promise<void> {
    let error: unknown = null
    try {
      const stream = await init.open(signal)
      stream.addEventListener("message", () => (heardAt = performance.now()))
      frames = frameStream(stream, { maxBytes: Number.MAX_SAFE_INTEGER, readAhead: READ_AHEAD, signal })
      send(frames)
      while (asked.length > 0 || (await isAskedAgain())) await takeAnswer(frames)
      isOpen = false
      await frames.finish(limits.artifactBlockMs)
    } catch (cause) {
      error = cause
      frames?.reset(cause instanceof Error ? cause : new Error(String(cause)))
    }
    isOpen = false
    onEnd({ error, unanswered: asked.map(({ wanted }) => wanted), gave })
  }

  async function takeAnswer(from: FrameStream): Promise<void> {
    const [first] = asked
    if (first === undefined) return
    const frame = await watched(from.read(MAX_ANSWER_BYTES, limits.artifactBlockMs))
    if (frame === undefined) throw transportError("stream_ended", "the peer ended before its answer")
    const block = decodeAnswer(frame)
    await onAnswer(first.wanted, block)
    asked.shift()
    load -= first.guess
    if (block !== undefined) {
      gave = true
      usual += (Math.max(1, block.length) - usual) / 8
    }
    // Half the window is refilled at once, so that a request carries many ids.
    if (asked.length <= limits.artifactWindow / 2 && load <= limits.artifactWindowBytes / 2) onRoom()
  }

  /** The same as `work`, which fails where no byte comes for a while. */
  async function watched<T>(work: Promise<T>): Promise<T> {
    heardAt = performance.now()
    let isOver = false
    let timer = setTimeout(look, limits.artifactStallMs)
    const left = (): number => heardAt + limits.artifactStallMs - performance.now()
    function look(): void {
      if (left() > 0) timer = setTimeout(look, left())
      // Timers come before sockets: what arrived while this process stood still is read before the peer is blamed.
      else setImmediate(judge)
    }
    function judge(): void {
      if (isOver) return
      if (left() > 0) look()
      else failed.abort(transportError("timed_out", `the peer sent nothing for ${limits.artifactStallMs} ms`))
    }
    try {
      return await work
    } finally {
      isOver = true
      clearTimeout(timer)
    }
  }

  /** Waits for a request; false where none came for a while. */
  async function isAskedAgain(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, limits.artifactIdleMs)
    onAsked = resolve
    signal.throwIfAborted()
    await promise
    onAsked = undefined
    clearTimeout(timer)
    signal.throwIfAborted()
    return asked.length > 0
  }

  function sendSoon(): void {
    if (isSendDue) return
    isSendDue = true
    queueMicrotask(() => {
      isSendDue = false
      if (frames !== undefined && isOpen) send(frames)
    })
  }

  function send(to: FrameStream): void {
    const cids = unsent
    unsent = []
    for (let i = 0; i < cids.length; i += limits.artifactBatch) {
      const request = encodeRequest(cids.slice(i, i + limits.artifactBatch))
      // The reading side tells of the failure.
      to.write(limits.artifactBlockMs, request).catch((error: unknown) => failed.abort(error))
    }
  }

  signal.addEventListener("abort", () => onAsked?.())
  const ended = run()
  return {
    isOpen: () => isOpen,
    load: () => load,
    hasRoom: () => isOpen && asked.length < limits.artifactWindow && load < limits.artifactWindowBytes,
    ask: (wanted) => {
      const guess = Math.min(wanted.size ?? usual, wanted.cid.code === DAG_PB ? 2 * MAX_BLOCK : MAX_BLOCK)
      asked.push({ wanted, guess })
      unsent.push(wanted.cid)
      load += guess
      sendSoon()
      onAsked?.()
    },
    ended,
  }
}
