import type { GossipsubOpts } from "@libp2p/gossipsub"

type Original = GossipsubOpts["messageCache"]
type Message = Parameters<Original["put"]>[1]

/** What gossipsub uses of its cache where each message is judged before it is kept. */
export type MessageCache = Pick<
  Original,
  "msgs" | "size" | "notValidatedCount" | "put" | "observeDuplicate" | "getWithIWantCount" | "getGossipIDs" | "shift"
>

export interface MessageCacheInit {
  /** Heartbeats for which a message is kept, and the first of them in which others are told of it. */
  heartbeats: number
  told: number
  /** Bytes of messages kept in all; the oldest go first. */
  maxBytes: number
  /** Bytes of messages that others are told of, and that one peer is given on request, in one heartbeat. */
  answerBytes: number
}

interface Kept {
  readonly id: Uint8Array
  readonly idText: string
  readonly topic: string
  readonly bytes: number
}

/** What a message takes beside its data. */
const OVERHEAD = 256

/**
 * The messages that peers may still ask for. Gossipsub answers a request with everything asked for in one message, as
 * large as that may be; the receiver cuts off who exceeds its limit. So no more is promised and given in a heartbeat
 * than fits; what is left out reaches the peer by sync.
 */
export function createMessageCache(init: MessageCacheInit): MessageCache {
  const msgs: Original["msgs"] = new Map()
  /** By heartbeat, the current one first. */
  let windows: Kept[][] = [[]]
  let bytes = 0
  /** By peer, in this heartbeat. */
  const given = new Map<string, number>()

  function drop({ idText, bytes: size }: Kept): void {
    if (msgs.delete(idText)) bytes -= size
  }

  function trim(): void {
    while (bytes > init.maxBytes) {
      const last = windows.findLast((window) => window.length > 0)
      const oldest = last?.shift()
      if (oldest === undefined) return
      drop(oldest)
    }
  }

  return {
    msgs,
    get size() {
      return msgs.size
    },
    notValidatedCount: 0,
    put: ({ msgId, msgIdStr }, message) => {
      if (msgs.has(msgIdStr)) return false
      // A copy: the message is a part of all that came with it.
      const copy = message.data === undefined ? message : { ...message, data: message.data.slice() }
      msgs.set(msgIdStr, {
        message: copy,
        validated: true,
        originatingPeers: new Set(),
        iwantCounts: new Map(),
      })
      const kept = { id: msgId, idText: msgIdStr, topic: message.topic, bytes: sizeOf(copy) }
      windows[0]?.push(kept)
      bytes += kept.bytes
      trim()
      return true
    },
    // Whoever brings what was passed on already is of no interest.
    observeDuplicate: () => undefined,
    getWithIWantCount: (id, peer) => {
      const entry = msgs.get(id)
      if (entry === undefined) return null
      const total = (given.get(peer) ?? 0) + sizeOf(entry.message)
      if (total > init.answerBytes) return null
      given.set(peer, total)
      const count = (entry.iwantCounts.get(peer) ?? 0) + 1
      entry.iwantCounts.set(peer, count)
      return { msg: entry.message, count }
    },
    getGossipIDs: (topics) => {
      const ids = new Map<string, Uint8Array[]>()
      let room = init.answerBytes
      for (const { id, idText, topic, bytes: size } of newestFirst(windows.slice(0, init.told))) {
        if (!topics.has(topic) || !msgs.has(idText)) continue
        room -= size
        if (room < 0) break
        const list = ids.get(topic)
        if (list === undefined) ids.set(topic, [id])
        else list.push(id)
      }
      return ids
    },
    shift: () => {
      windows = [[], ...windows]
      for (const kept of windows.splice(init.heartbeats).flat()) drop(kept)
      given.clear()
    },
  }
}

function newestFirst(windows: readonly Kept[][]): Kept[] {
  return windows.flatMap((window) => window.toReversed())
}

function sizeOf({ data }: Message): number {
  return (data?.length ?? 0) + OVERHEAD
}
