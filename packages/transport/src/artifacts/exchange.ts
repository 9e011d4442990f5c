import type { Stream } from "@libp2p/interface"
import { type CID, type Logger, messageOf } from "@spore/records"
import { type ArtifactLimits, type ArtifactStore, DEFAULT_LIMITS } from "@spore/records/artifacts"
import type { Conduct } from "../conduct.ts"
import { transportError } from "../errors.ts"
import type { TransportLimits } from "../limits.ts"
import { fetchBlocks } from "./fetch.ts"
import { createHoldings } from "./holdings.ts"
import { createPace, type Pace } from "./pace.ts"
import { createScheduler } from "./scheduler.ts"
import { serveBlocks } from "./serve.ts"

/** Peers whose pace is remembered. */
const MAX_PACES = 4096

export interface ExchangeInit {
  artifacts: ArtifactStore
  conduct: Conduct
  limits: TransportLimits
  log: Logger
  /** Node ids of the connected peers. */
  peers: () => string[]
  openStream: (peer: string, protocol: string, signal: AbortSignal) => Promise<Stream>
  /** Told of what a peer did in a failed exchange. */
  onFailed: (peer: string, error: unknown) => void
}

export interface FetchOptions {
  signal?: AbortSignal
  limits?: ArtifactLimits
}

/** Artifacts from and for peers. */
export interface Exchange {
  /**
   * Makes all blocks of an artifact local. A block that several calls want is asked for once.
   *
   * @throws SporeError `artifact_unavailable`, `artifact_too_large`, `artifact_bad_block`, `not_running`
   */
  fetch(root: CID, options?: FetchOptions): Promise<void>
  /** Answers a peer's requests. */
  answer(peer: string, stream: Stream): Promise<void>
  stop(): Promise<void>
}

export function createExchange(init: ExchangeInit): Exchange {
  const { artifacts, limits, log } = init
  const stopped = new AbortController()
  const scheduler = createScheduler({ ...init, signal: stopped.signal })
  const holdings = createHoldings(limits.artifactServingBytes)
  /** How fast peers are answered, the one that asked last at the end. */
  const paces = new Map<string, { readonly ids: Pace; readonly bytes: Pace }>()
  const underWay = new Set<Promise<void>>()

  async function fetch(root: CID, { signal, limits: bounds = DEFAULT_LIMITS }: FetchOptions): Promise<void> {
    const signals = signal === undefined ? [stopped.signal] : [signal, stopped.signal]
    await fetchBlocks(root, {
      artifacts,
      scheduler,
      bounds,
      maxWants: limits.artifactWants,
      signal: AbortSignal.any(signals),
    })
  }

  async function serve(peer: string, stream: Stream): Promise<void> {
    try {
      const pace = paceOf(peer)
      await serveBlocks(stream, { artifacts, limits, pace, holdings, log, signal: stopped.signal })
    } catch (error) {
      if (stopped.signal.aborted) return
      log.debug({ peer, error: messageOf(error) }, "serving artifacts failed")
      init.onFailed(peer, error)
    }
  }

  /** The same for all streams of a peer, one after the other too. */
  function paceOf(peer: string): { readonly ids: Pace; readonly bytes: Pace } {
    const pace = paces.get(peer) ?? {
      ids: createPace(limits.artifactIdsPerSecond),
      bytes: createPace(limits.artifactBytesPerSecond),
    }
    paces.delete(peer)
    paces.set(peer, pace)
    const [longestAgo] = paces.keys()
    if (paces.size > MAX_PACES && longestAgo !== undefined) paces.delete(longestAgo)
    return pace
  }

  async function track(work: Promise<void>): Promise<void> {
    underWay.add(work)
    try {
      await work
    } finally {
      underWay.delete(work)
    }
  }

  return {
    fetch: (root, options = {}) => track(fetch(root, options)),
    answer: (peer, stream) => track(serve(peer, stream)),
    stop: async () => {
      stopped.abort(transportError("not_running", "the transport was stopped"))
      await Promise.allSettled([...underWay, scheduler.ended()])
    },
  }
}
