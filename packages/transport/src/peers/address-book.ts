import { type Clock, type Logger, messageOf, type Random, unixSeconds } from "@spore/records"
import type { AddressBookStorage, KnownAddress } from "../transport.ts"
import { parseAddress, peerOf } from "./address.ts"
import { isDialable, subnetKey } from "./hosts.ts"
import type { PeerLimits } from "./limits.ts"

/** An address on another's word that failed this often is forgotten, and any other. */
const TOLD_FAILURES = 4
const MOST_FAILURES = 16
/** Changes are written together after this. */
const SAVE_MS = 5_000

export interface AddressBookInit {
  storage: AddressBookStorage | undefined
  limits: PeerLimits
  /** Whether addresses of this machine and its network are kept. */
  lan: boolean
  clock: Clock
  random: Random
  log: Logger
}

/** Addresses of peers, how it went with each, and when to try again. */
export interface AddressBook {
  /** Reads what was kept. What cannot be used is left out; nothing in it is an error. */
  load(): Promise<void>
  /** Takes an address that ends in a node id on another's word. False where it is known or there is no room. */
  told(address: string): boolean
  /** The peer was met at the address. */
  reached(address: string, source: "user" | "seen"): void
  /** Nobody was met there. */
  failed(address: string): void
  /** Drops all addresses of a peer. */
  drop(peer: string): void
  /** What may be dialled now: addresses met before come first, those longest without trouble; one for each peer. */
  due(): KnownAddress[]
  list(): KnownAddress[]
  /** Writes what is still unwritten. */
  stop(): Promise<void>
}

interface Entry extends KnownAddress {
  readonly peer: string
  readonly subnet: string
}

export function createAddressBook({ storage, limits, lan, clock, random, log }: AddressBookInit): AddressBook {
  const entries = new Map<string, Entry>()
  let timer: NodeJS.Timeout | undefined
  let saving: Promise<void> = Promise.resolve()

  /** Reads an address that may be kept; what the user gave may be anything that names its peer. */
  function entryOf(known: KnownAddress): Entry | undefined {
    try {
      const address = parseAddress(known.address)
      const peer = peerOf(address)
      if (peer === undefined || (known.source !== "user" && !isDialable(address, lan))) return undefined
      return { ...known, peer, subnet: subnetKey(address) ?? "" }
    } catch {
      return undefined
    }
  }

  function put(entry: Entry): void {
    entries.delete(entry.address)
    entries.set(entry.address, entry)
    evict(entry)
    saveSoon()
  }

  /** Makes room: of the peer's addresses, and of all. What the user gave stays, unless there is nothing else. */
  function evict(added: Entry): void {
    const ofPeer = [...entries.values()].filter(({ peer }) => peer === added.peer)
    if (ofPeer.length > limits.addressesPerPeer) remove(ofPeer)
    if (entries.size > limits.knownAddresses) remove([...entries.values()])
  }

  function remove(of: Entry[]): void {
    const [worst] = of.toSorted(byWorth)
    if (worst !== undefined) entries.delete(worst.address)
  }

  function told(text: string): boolean {
    const entry = entryOf({ address: text, source: "told", reachedAt: 0, failures: 0, notBefore: 0 })
    if (entry === undefined || entries.has(text)) return false
    const others = [...entries.values()].filter(({ source }) => source === "told")
    if (others.filter(({ subnet }) => subnet === entry.subnet).length >= limits.toldPerSubnet) return false
    put(entry)
    return entries.has(text)
  }

  function saveSoon(): void {
    if (storage === undefined || timer !== undefined) return
    timer = setTimeout(save, SAVE_MS)
    timer.unref()
  }

  function save(): void {
    clearTimeout(timer)
    timer = undefined
    const kept = list()
    saving = saving
      .then(() => storage?.save(kept))
      .catch((error: unknown) => log.warn({ error: messageOf(error) }, "addresses of peers not saved"))
  }

  function list(): KnownAddress[] {
    return [...entries.values()].map(({ address, source, reachedAt, failures, notBefore }) => ({
      address,
      source,
      reachedAt,
      failures,
      notBefore,
    }))
  }

  return {
    load: async () => {
      if (storage === undefined) return
      try {
        for (const known of await storage.load()) {
          const entry = entryOf(known)
          if (entry === undefined) continue
          entries.set(entry.address, entry)
          evict(entry)
        }
      } catch (error) {
        log.warn({ error: messageOf(error) }, "addresses of peers not read")
      }
    },
    told,
    reached: (address, source) => {
      const known = entries.get(address)
      const entry = entryOf({
        address,
        source: known?.source === "user" ? "user" : source,
        reachedAt: unixSeconds(clock),
        failures: 0,
        notBefore: 0,
      })
      if (entry !== undefined) put(entry)
    },
    failed: (address) => {
      const entry = entries.get(address)
      if (entry === undefined) return
      const failures = entry.failures + 1
      const most = entry.source === "told" ? TOLD_FAILURES : MOST_FAILURES
      if (failures >= most) entries.delete(address)
      else entries.set(address, { ...entry, failures, notBefore: unixSeconds(clock) + pause(failures) })
      saveSoon()
    },
    drop: (peer) => {
      for (const entry of entries.values()) if (entry.peer === peer) entries.delete(entry.address)
      saveSoon()
    },
    due: () => {
      const now = unixSeconds(clock)
      const peers = new Set<string>()
      return [...entries.values()]
        .filter(({ notBefore }) => notBefore <= now)
        .toSorted((a, b) => byWorth(b, a))
        .filter(({ peer }) => !peers.has(peer) && peers.add(peer))
    },
    list,
    stop: async () => {
      if (timer !== undefined) save()
      await saving
    },
  }

  /** Seconds: twice the last, half to all of it at random. */
  function pause(failures: number): number {
    const longest = Math.min(limits.retryMaxMs, limits.retryMinMs * 2 ** (failures - 1))
    return Math.ceil((longest * (0.5 + random.next() / 2)) / 1000)
  }
}

const RANK = { told: 0, seen: 1, user: 2 } as const

/** Worst first: on another's word, then with most failures, then met longest ago. */
function byWorth(a: KnownAddress, b: KnownAddress): number {
  return RANK[a.source] - RANK[b.source] || b.failures - a.failures || a.reachedAt - b.reachedAt
}
