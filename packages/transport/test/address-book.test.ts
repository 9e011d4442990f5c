import { seededRandom, silentLogger } from "@spore/records"
import { manualClock, type ManualClock, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { HOME_LIMITS, type KnownAddress, type TransportLimits } from "../src/index.ts"
import { type AddressBook, createAddressBook } from "../src/peers/address-book.ts"

const NOW = 1_760_000_000
const ids = Array.from({ length: 40 }, (_, n) => testIdentity(n + 1).nodeId)

/** Address `n`, of a peer and a subnet of its own unless told. */
function at(n: number, { peer = n % ids.length, subnet = n }: { peer?: number; subnet?: number } = {}): string {
  return `/ip4/8.${subnet >> 8}.${subnet & 255}.${1 + (n % 250)}/tcp/${7000 + n}/p2p/${ids[peer]}`
}

function setUp({
  limits = {},
  saved = [],
  lan = false,
}: {
  limits?: Partial<TransportLimits>
  saved?: readonly KnownAddress[]
  lan?: boolean
} = {}): { book: AddressBook; clock: ManualClock; saves: (readonly KnownAddress[])[] } {
  const clock = manualClock(NOW * 1000)
  const saves: (readonly KnownAddress[])[] = []
  const book = createAddressBook({
    storage: { load: async () => saved, save: async (addresses) => void saves.push(addresses) },
    limits: { ...HOME_LIMITS, ...limits },
    lan,
    clock,
    random: seededRandom(1),
    log: silentLogger,
  })
  return { book, clock, saves }
}

const addresses = (known: readonly KnownAddress[]): string[] => known.map(({ address }) => address)

describe("the address book", () => {
  it("waits ever longer after failures, never in step, and begins anew after a success", () => {
    const { book, clock } = setUp()
    book.reached(at(1), "seen")
    const pauses: number[] = []
    for (let failures = 1; failures < 16; failures++) {
      book.failed(at(1))
      const [known] = book.list()
      pauses.push((known?.notBefore ?? 0) - clock.now() / 1000)
      expect(addresses(book.due())).toEqual([])
      clock.set((known?.notBefore ?? 0) * 1000)
      expect(addresses(book.due())).toEqual([at(1)])
    }
    for (const [i, pause] of pauses.entries()) {
      const longest = Math.min(86_400, 60 * 2 ** i)
      expect(pause).toBeGreaterThanOrEqual(longest / 2)
      expect(pause).toBeLessThanOrEqual(longest + 1)
    }
    book.reached(at(1), "seen")
    expect(book.list()).toMatchObject([{ failures: 0, notBefore: 0 }])
  })

  it("goes on with the pauses that were saved", async () => {
    const saved: KnownAddress[] = [
      { address: at(1), source: "seen", reachedAt: NOW - 9, failures: 3, notBefore: NOW + 10 },
    ]
    const { book, clock } = setUp({ saved })
    await book.load()
    expect(book.list()).toEqual(saved)
    expect(book.due()).toEqual([])
    clock.advance(10_000)
    expect(addresses(book.due())).toEqual([at(1)])
  })

  it("forgets an address on another's word after a few failures, one that was met only after many", () => {
    const { book } = setUp()
    book.told(at(1))
    book.reached(at(2), "seen")
    for (let i = 0; i < 4; i++) for (const n of [1, 2]) book.failed(at(n))
    expect(addresses(book.list())).toEqual([at(2)])
    for (let i = 4; i < 16; i++) book.failed(at(2))
    expect(book.list()).toEqual([])
  })

  it("holds so many addresses, and gives up others' word first, what the user gave last", () => {
    const { book } = setUp({ limits: { knownAddresses: 4 } })
    book.reached(at(1), "user")
    book.reached(at(2), "seen")
    for (const n of [3, 4, 5, 6, 7]) book.told(at(n))
    expect(book.list()).toHaveLength(4)
    for (const n of [8, 9, 10]) book.reached(at(n), "seen")
    expect(addresses(book.list())).toContain(at(1))
    expect(book.list().some(({ source }) => source === "told")).toBe(false)
    expect(book.told(at(11))).toBe(false)
    expect(book.list()).toHaveLength(4)
  })

  it("holds so many addresses of one peer, and of one subnet on others' word", () => {
    const { book } = setUp({ limits: { addressesPerPeer: 2, toldPerSubnet: 3 } })
    for (let n = 1; n < 10; n++) book.told(at(n, { peer: 0 }))
    expect(book.list()).toHaveLength(2)
    for (let n = 10; n < 20; n++) book.told(at(n, { subnet: 999 }))
    expect(book.list()).toHaveLength(5)
    book.reached(at(30, { subnet: 999 }), "seen")
    expect(book.list()).toHaveLength(6)
  })

  it("offers one address of each peer, those met before first", () => {
    const { book, clock } = setUp()
    book.told(at(1))
    book.told(at(2, { peer: 3 }))
    book.reached(at(3), "seen")
    clock.advance(1000)
    book.reached(at(4), "seen")
    expect(addresses(book.due())).toEqual([at(4), at(3), at(1)])
  })

  it("takes and keeps nothing that may not be dialled, except what the user gave", async () => {
    const local = `/ip4/192.168.1.5/tcp/7470/p2p/${ids[0]}`
    const fields = { reachedAt: 0, failures: 0, notBefore: 0 }
    const saved: KnownAddress[] = [
      { ...fields, address: local, source: "told" },
      { ...fields, address: "nonsense", source: "user" },
      { ...fields, address: "/ip4/8.8.8.8/tcp/7470", source: "seen" },
      { ...fields, address: local.replace("1.5", "1.6"), source: "user" },
    ]
    const { book } = setUp({ saved })
    await book.load()
    expect(addresses(book.list())).toEqual([local.replace("1.5", "1.6")])
    expect(book.told(local)).toBe(false)
    expect(setUp({ lan: true }).book.told(local)).toBe(true)
  })

  it("saves at the end what changed, and nothing where nothing did", async () => {
    const { book, saves } = setUp()
    await book.stop()
    expect(saves).toEqual([])
    book.told(at(1))
    book.drop(ids[1] ?? "")
    book.told(at(2))
    await book.stop()
    expect(saves.map(addresses)).toEqual([[at(2)]])
  })

  it("works on where its storage does not", async () => {
    const book = createAddressBook({
      storage: { load: () => Promise.reject(new Error("no")), save: () => Promise.reject(new Error("no")) },
      limits: HOME_LIMITS,
      lan: false,
      clock: manualClock(),
      random: seededRandom(1),
      log: silentLogger,
    })
    await book.load()
    expect(book.told(at(1))).toBe(true)
    await book.stop()
  })
})
