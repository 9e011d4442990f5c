import type { Stream } from "@libp2p/interface"
import { type CID, isSporeError, type Logger, messageOf } from "@spore/records"
import { type ArtifactErrorCode, type ArtifactStore, assertBlock } from "@spore/records/artifacts"
import type { Conduct } from "../conduct.ts"
import type { TransportLimits } from "../limits.ts"
import { createLane, type Lane, type LaneEnd, type Wanted } from "./lane.ts"
import { ARTIFACT_PROTOCOL } from "./protocol.ts"

/** Blocks passed over in one look through the queue because all who may hold them are busy. */
const MAX_PASSED_OVER = 512
/** Below this share of blocks had, a peer is asked after others. */
const UNLIKELY = 0.2
/** Failures in a row after which a peer is left alone for a while. */
const MAX_STRIKES = 2

export interface SchedulerInit {
  artifacts: ArtifactStore
  conduct: Conduct
  limits: TransportLimits
  log: Logger
  /** Ends everything when it aborts. */
  signal: AbortSignal
  /** Node ids of the connected peers. */
  peers: () => string[]
  openStream: (peer: string, protocol: string, signal: AbortSignal) => Promise<Stream>
  /** Told of what a peer did in a failed exchange. */
  onFailed: (peer: string, error: unknown) => void
}

/** What a request for a block may say of it. */
export interface BlockHint {
  size: number | null
  /** Peers that lack a block of the same artifact; added to. They are asked after others. */
  lacking: Set<string>
}

/** A block asked for. */
export interface PendingBlock {
  /** Its bytes, once they are stored; null where no connected peer gave it. Rejects where the store fails. */
  readonly block: Promise<Uint8Array | null>
  /** Says that the block is not waited for any more. */
  release(): void
}

/** Brings blocks here, each from one peer at a time, whoever asks for them. */
export interface Scheduler {
  want(cid: CID, hint: BlockHint): PendingBlock
  /** Resolves when nothing is under way any more; after the signal aborted. */
  ended(): Promise<void>
}

interface Want extends Wanted {
  readonly id: string
  readonly lacking: Set<string>
  /** Peers that do not hold the block, or failed to give it. */
  readonly refused: Set<string>
  readonly settled: PromiseWithResolvers<Uint8Array | null>
  callers: number
  /** Whether somebody came to want it after peers were asked: these may hold it by now. */
  isWantedAnew: boolean
}

interface Peer {
  readonly id: string
  lane: Lane<Want> | undefined
  /** Failures since its last block. */
  strikes: number
  restUntil: number
  /** Share of the blocks asked for that it had, of late. */
  hitRate: number
}

/** One queue of wanted blocks for all artifacts and peers. */
export function createScheduler(init: SchedulerInit): Scheduler {
  const { artifacts, conduct, limits, log, signal } = init
  const wants = new Map<string, Want>()
  /** Not asked of anybody now; those that a peer failed to give come first. */
  const queue = new Map<string, Want>()
  const again = new Map<string, Want>()
  const peers = new Map<string, Peer>()
  const lanes = new Set<Lane<Want>>()
  const writes = new Set<Promise<void>>()
  let writing = 0
  let onWritten: PromiseWithResolvers<void> | undefined
  let isPumpDue = false

  function want(cid: CID, { size, lacking }: BlockHint): PendingBlock {
    const id = cid.toString()
    const known = wants.get(id)
    if (known !== undefined) known.isWantedAnew = true
    const one = known ?? add({ cid, id, size, lacking })
    one.callers++
    let isReleased = false
    return {
      block: one.settled.promise,
      release: () => {
        if (isReleased) return
        isReleased = true
        one.callers--
        if (one.callers === 0 && (queue.delete(id) || again.delete(id))) wants.delete(id)
      },
    }
  }

  function add(asked: Pick<Want, "cid" | "id" | "size" | "lacking">): Want {
    const settled = Promise.withResolvers<Uint8Array | null>()
    // Its last caller may have left before it fails.
    settled.promise.catch(() => undefined)
    const one: Want = { ...asked, refused: new Set(), settled, callers: 0, isWantedAnew: false }
    wants.set(one.id, one)
    queue.set(one.id, one)
    pumpSoon()
    return one
  }

  /** Once for all calls of a turn, so that a request carries many ids. */
  function pumpSoon(): void {
    if (isPumpDue) return
    isPumpDue = true
    setImmediate(() => {
      isPumpDue = false
      if (!signal.aborted) pump()
    })
  }

  /** Gives queued blocks to peers that may hold them, as far as these have room. */
  function pump(): void {
    const candidates = connectedPeers()
    let passedOver = 0
    for (const from of [again, queue]) {
      for (const [id, one] of from) {
        const able = ableTo(one, candidates)
        if (able.length === 0) {
          from.delete(id)
          wants.delete(id)
          one.settled.resolve(null)
          continue
        }
        const peer = chosen(one, able)
        if (peer !== undefined) {
          from.delete(id)
          laneTo(peer).ask(one)
          continue
        }
        passedOver++
        if (passedOver > MAX_PASSED_OVER) return
      }
    }
  }

  function ableTo(one: Want, candidates: readonly Peer[]): Peer[] {
    const able = candidates.filter(({ id }) => !one.refused.has(id))
    if (able.length > 0 || !one.isWantedAnew) return able
    one.isWantedAnew = false
    one.refused.clear()
    return [...candidates]
  }

  function connectedPeers(): Peer[] {
    const connected = new Set(init.peers())
    for (const [id, { lane }] of peers) if (lane === undefined && !connected.has(id)) peers.delete(id)
    const now = performance.now()
    return [...connected]
      .filter((id) => !conduct.shuns(id))
      .map(peerOf)
      .filter(({ restUntil }) => restUntil <= now)
  }

  function peerOf(id: string): Peer {
    const known = peers.get(id) ?? { id, lane: undefined, strikes: 0, restUntil: 0, hitRate: 1 }
    peers.set(id, known)
    return known
  }

  function laneTo(peer: Peer): Lane<Want> {
    if (peer.lane?.isOpen() === true) return peer.lane
    const lane = createLane<Want>({
      open: (laneSignal) => init.openStream(peer.id, ARTIFACT_PROTOCOL, laneSignal),
      limits,
      signal,
      onAnswer: (one, block) => take(peer, one, block),
      onRoom: pumpSoon,
      onEnd: (end) => {
        if (peer.lane === lane) peer.lane = undefined
        lanes.delete(lane)
        if (end.error !== null) fail(peer, end)
        pumpSoon()
      },
    })
    peer.lane = lane
    lanes.add(lane)
    return lane
  }

  async function take(peer: Peer, one: Want, block: Uint8Array | undefined): Promise<void> {
    peer.hitRate += ((block === undefined ? 0 : 1) - peer.hitRate) / 16
    if (block === undefined) {
      one.refused.add(peer.id)
      one.lacking.add(peer.id)
      askAgain(one)
      return
    }
    assertBlock(one.cid, block)
    peer.strikes = 0
    const done = store(one, block).finally(() => {
      writes.delete(done)
      writing -= block.length
      onWritten?.resolve()
      onWritten = undefined
    })
    writes.add(done)
    writing += block.length
    while (writing > limits.artifactWritingBytes) {
      onWritten ??= Promise.withResolvers()
      await onWritten.promise
    }
  }

  /** Not durable: a block that a power cut tore is found out by its hash, and fetched anew. */
  async function store(one: Want, block: Uint8Array): Promise<void> {
    try {
      await artifacts.put(one.cid, block, { verified: true, durable: false })
      wants.delete(one.id)
      one.settled.resolve(block)
    } catch (error) {
      wants.delete(one.id)
      one.settled.reject(error)
    }
  }

  /** Its blocks go to other peers, and to it again where something came of asking. */
  function fail(peer: Peer, { error, unanswered, gave }: LaneEnd<Want>): void {
    if (signal.aborted) return
    log.debug({ peer: peer.id, error: messageOf(error) }, "artifact exchange failed")
    init.onFailed(peer.id, error)
    if (unanswered.length > 0) peer.strikes++
    if (peer.strikes >= MAX_STRIKES) peer.restUntil = performance.now() + limits.artifactRestMs
    const isTrusted = gave && !isSporeError<ArtifactErrorCode>(error, "artifact_mismatch", "artifact_too_large")
    for (const [i, one] of unanswered.entries()) {
      if (i === 0 || !isTrusted) one.refused.add(peer.id)
      askAgain(one)
    }
  }

  function askAgain(one: Want): void {
    if (one.callers === 0) wants.delete(one.id)
    else again.set(one.id, one)
    pumpSoon()
  }

  return {
    want,
    ended: async () => {
      await Promise.all([...lanes].map(({ ended }) => ended))
      await Promise.all(writes)
    },
  }
}

/** Of the peers with room the one most likely to hold the block, and of these the least busy. */
function chosen(one: Want, able: readonly Peer[]): Peer | undefined {
  let best: Peer | undefined
  for (const peer of able) {
    if (peer.lane !== undefined && peer.lane.isOpen() && !peer.lane.hasRoom()) continue
    if (best === undefined || compare(one, peer, best) < 0) best = peer
  }
  return best
}

function compare(one: Want, a: Peer, b: Peer): number {
  const doubt = ({ id, hitRate }: Peer): number => (one.lacking.has(id) || hitRate < UNLIKELY ? 1 : 0)
  const load = ({ lane }: Peer): number => lane?.load() ?? 0
  return a.strikes - b.strikes || doubt(a) - doubt(b) || load(a) - load(b)
}
