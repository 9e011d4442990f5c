import { Session } from "node:inspector/promises"
import { performance } from "node:perf_hooks"
import { setFlagsFromString } from "node:v8"
import { type Logger, messageOf } from "@spore/records"

/**
 * How far the heap may grow beyond what is in use before V8 collects, in percent; by itself it lets it become four times
 * as large. Read at each collection, so that it can be set while V8 runs.
 */
const GROWTH = 25
const LOOK_MS = 10_000
/** The largest share of that time for which a process that counts as idle was at work. */
const IDLE_SHARE = 0.1
const MIB = 1024 * 1024
/** Growth of the heap that is worth its collection, which stops the process for some 100 ms. */
const WORTH_BYTES = 16 * MIB

export interface SaveMemoryInit {
  readonly log: Logger
  /** Bytes that the heap takes of the system; V8's by default. */
  readonly heapBytes?: () => number
  /** Collects all garbage and gives back what is free; by V8's inspector by default, which opens no port for it. */
  readonly collect?: () => Promise<void>
  /** The share of the time since the last call for which this process was at work, 0 to 1. */
  readonly load?: () => number
}

/**
 * Has this process hold little memory, where V8 would hold what it may get: the heap is collected sooner as it grows, and
 * what a burst of work needed is given back once the process is idle. V8 collects to make room, not to give any back:
 * after a graph that was read for the explorer, a heap stays at three times what it holds for as long as nothing happens.
 * For programs: whoever embeds a node decides for his own process.
 *
 * @returns what ends the looking for idleness
 */
export function saveMemory(init: SaveMemoryInit): () => void {
  const { log, heapBytes = () => process.memoryUsage().heapTotal, collect = collectAll, load = createLoad() } = init
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`)
  /** What the heap took after the last collection, or less where V8 has made it smaller since. */
  let settled = 0
  let isCollecting = false

  async function look(): Promise<void> {
    const isIdle = load() < IDLE_SHARE
    const before = heapBytes()
    settled = Math.min(settled, before)
    if (!isIdle || isCollecting || before < settled + WORTH_BYTES) return
    isCollecting = true
    try {
      await collect()
      settled = heapBytes()
      log.debug({ before: Math.round(before / MIB), after: Math.round(settled / MIB) }, "memory given back, in MiB")
    } catch (error) {
      clearInterval(timer)
      log.debug({ error: messageOf(error) }, "memory cannot be given back: this Node.js has no inspector")
    } finally {
      isCollecting = false
    }
  }

  const timer = setInterval(() => void look(), LOOK_MS).unref()
  return () => clearInterval(timer)
}

async function collectAll(): Promise<void> {
  const session = new Session()
  session.connect()
  try {
    await session.post("HeapProfiler.collectGarbage")
  } finally {
    session.disconnect()
  }
}

function createLoad(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
