/** Something that waits: how much room it takes, and what goes before it when room is short. */
export interface Entry {
  readonly bytes: number
  /** Lower ranks are dropped first. */
  readonly rank: Rank
}

export type Rank = 0 | 1 | 2

export interface QueueInit<E extends Entry> {
  /** What may wait of each peer, and of all together. */
  perPeer: Room
  total: Room
  /** Told of each entry that finds no room, or loses it to one of a higher rank or of a smaller peer. */
  onDropped: (entry: E, peer: string) => void
}

export interface Room {
  readonly count: number
  readonly bytes: number
}

/**
 * Entries by peer, bounded, taken in turns of the peers: a peer that sends much waits behind its own entries alone.
 *
 * Where there is no room, the newest of the lowest rank goes: what came first is what later entries build upon.
 */
export interface FairQueue<E extends Entry> {
  add(peer: string, entry: E): void
  /** Takes up to `count` entries and about `bytes` bytes, one of each peer in turn, oldest first. */
  take(count: number, bytes: number): Map<string, E[]>
  readonly count: number
  readonly bytes: number
}

/** One peer's entries, oldest first. */
interface Line<E> {
  readonly ranks: readonly [Place<E>[], Place<E>[], Place<E>[]]
  count: number
  bytes: number
}

interface Place<E> {
  readonly entry: E
  readonly turn: number
}

const RANKS: readonly Rank[] = [0, 1, 2]

export function createFairQueue<E extends Entry>({ perPeer, total, onDropped }: QueueInit<E>): FairQueue<E> {
  /** In the order of their turns. */
  const lines = new Map<string, Line<E>>()
  const all = { count: 0, bytes: 0 }
  let turn = 0

  function changed(peer: string, line: Line<E>, count: 1 | -1, bytes: number): void {
    line.count += count
    line.bytes += bytes
    all.count += count
    all.bytes += bytes
    if (line.count === 0) lines.delete(peer)
  }

  /** Drops the newest of the lowest rank below `rank`. */
  function dropBelow(peer: string, line: Line<E>, rank: number): boolean {
    for (const lower of RANKS) {
      const place = lower < rank ? line.ranks[lower].pop() : undefined
      if (place === undefined) continue
      changed(peer, line, -1, -place.entry.bytes)
      onDropped(place.entry, peer)
      return true
    }
    return false
  }

  function longest(): [peer: string, line: Line<E>] | undefined {
    let found: [string, Line<E>] | undefined
    for (const candidate of lines) if (found === undefined || candidate[1].bytes > found[1].bytes) found = candidate
    return found
  }

  /** Makes room by dropping what matters less: of the peer itself, or of the one that takes most. */
  function makeRoom(peer: string, line: Line<E>, entry: E): boolean {
    while (!hasRoom(line, perPeer, entry)) if (!dropBelow(peer, line, entry.rank)) return false
    while (!hasRoom(all, total, entry)) {
      const [other, most] = longest() ?? [peer, line]
      const isOwn = other === peer || most.bytes <= line.bytes + entry.bytes
      const isMade = isOwn ? dropBelow(peer, line, entry.rank) : dropBelow(other, most, RANKS.length)
      if (!isMade) return false
    }
    return true
  }

  function next(line: Line<E>): E | undefined {
    let first: Place<E>[] | undefined
    for (const places of line.ranks) {
      if (places[0] !== undefined && (first?.[0] === undefined || places[0].turn < first[0].turn)) first = places
    }
    return first?.shift()?.entry
  }

  return {
    add: (peer, entry) => {
      const line = lines.get(peer) ?? { ranks: [[], [], []], count: 0, bytes: 0 }
      if (!makeRoom(peer, line, entry)) return onDropped(entry, peer)
      lines.set(peer, line)
      line.ranks[entry.rank].push({ entry, turn: turn++ })
      changed(peer, line, 1, entry.bytes)
    },
    take: (count, bytes) => {
      const taken = new Map<string, E[]>()
      let room = bytes
      for (let left = count; left > 0 && room > 0; left--) {
        const [first] = lines
        if (first === undefined) break
        const [peer, line] = first
        // To the end of the row: the others have their turn first.
        lines.delete(peer)
        lines.set(peer, line)
        const entry = next(line)
        if (entry === undefined) break
        changed(peer, line, -1, -entry.bytes)
        room -= entry.bytes
        const list = taken.get(peer)
        if (list === undefined) taken.set(peer, [entry])
        else list.push(entry)
      }
      return taken
    },
    get count() {
      return all.count
    },
    get bytes() {
      return all.bytes
    },
  }
}

function hasRoom(used: Room, room: Room, entry: Entry): boolean {
  return used.count < room.count && used.bytes + entry.bytes <= room.bytes
}
