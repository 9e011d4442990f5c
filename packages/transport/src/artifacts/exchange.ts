import type { Stream } from "@libp2p/interface"
import { type CID, type Logger, messageOf } from "@spore/records"
import { type ArtifactLimits, type ArtifactStore, DEFAULT_LIMITS } from "@spore/records/artifacts"
import type { Conduct } from "../conduct.ts"
import { transportError } from "../errors.ts"
import { createLimiter, type Limiter } from "../limiter.ts"
import type { TransportLimits } from "../limits.ts"
import { fetchBlocks } from "./fetch.ts"
import { ARTIFACT_PROTOCOL } from "./protocol.ts"
import { serveBlocks } from "./serve.ts"
import { type BlockListener, pullShare } from "./share.ts"

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
   * Makes all blocks of an artifact local.
   *
   * @throws SporeError `artifact_unavailable`, `artifact_too_large`, `artifact_bad_block`, `not_running`
   */
  fetch(root: CID, options?: FetchOptions): Promise<void>
  /** Answers a peer's requests. */
  answer(peer: string, stream: Stream): Promise<void>
  stop(): Promise<void>
}

/** A fetch under way, for all who asked for it. */
interface SharedFetch {
  readonly promise: Promise<void>
  readonly abort: AbortController
  callers: number
}

export function createExchange(init: ExchangeInit): Exchange {
  const { artifacts, conduct, limits, log } = init
  const stopped = new AbortController()
  const underWay = new Set<Promise<void>>()
  const fetches = new Map<string, SharedFetch>()
  const limiters = new Map<string, Limiter>()
  /** Peers that sent blocks, the latest last: they are asked first. */
  const suppliers = new Set<string>()

  async function fetch(root: CID, { signal, limits: bounds = DEFAULT_LIMITS }: FetchOptions = {}): Promise<void> {
    signal?.throwIfAborted()
    stopped.signal.throwIfAborted()
    const key = `${root} ${bounds.maxBytes} ${bounds.maxFiles}`
    const current = fetches.get(key) ?? begin(root, bounds)
    fetches.set(key, current)
    current.callers++
    try {
      await orAborted(current.promise, signal)
    } finally {
      current.callers--
      if (current.callers === 0) {
        // Nobody joins a fetch that is being given up.
        if (fetches.get(key) === current) fetches.delete(key)
        current.abort.abort(new Error("nobody waits for it any more"))
      }
    }
  }

  function begin(root: CID, bounds: ArtifactLimits): SharedFetch {
    const abort = new AbortController()
    const signal = AbortSignal.any([abort.signal, stopped.signal])
    const peers = orderedPeers()
    const promise = track(fetchBlocks(root, { artifacts, peers, bounds, limits, signal, pull, onFailed }))
    // Its last caller may have left before it fails.
    promise.catch(() => undefined)
    return { promise, abort, callers: 0 }
  }

  async function pull(peer: string, cids: readonly CID[], signal: AbortSignal, tell: BlockListener): Promise<void> {
    await limiterOf(peer)(async () => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.artifactShareMs)])
      const stream = await init.openStream(peer, ARTIFACT_PROTOCOL, deadline)
      await pullShare(stream, cids, { artifacts, limits, signal: deadline, ...tell })
    })
    suppliers.delete(peer)
    suppliers.add(peer)
  }

  function onFailed(peer: string, error: unknown): void {
    log.debug({ peer, error: messageOf(error) }, "artifact exchange failed")
    init.onFailed(peer, error)
  }

  function orderedPeers(): string[] {
    const connected = new Set(init.peers())
    for (const peer of [...suppliers, ...limiters.keys()]) {
      if (connected.has(peer)) continue
      suppliers.delete(peer)
      limiters.delete(peer)
    }
    return [...new Set([...[...suppliers].toReversed(), ...connected])].filter((peer) => !conduct.shuns(peer))
  }

  function limiterOf(peer: string): Limiter {
    const limiter = limiters.get(peer) ?? createLimiter(limits.artifactStreams)
    limiters.set(peer, limiter)
    return limiter
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
    fetch,
    answer: async (peer, stream) => {
      try {
        await track(serveBlocks(stream, { artifacts, limits, log, signal: stopped.signal }))
      } catch (error) {
        if (!stopped.signal.aborted) onFailed(peer, error)
      }
    },
    stop: async () => {
      stopped.abort(transportError("not_running", "the transport was stopped"))
      await Promise.allSettled(underWay)
    },
  }
}

/** What `work` gives, unless the signal aborts before. */
async function orAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener("abort", abort)
  try {
    await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener("abort", abort)
  }
}
