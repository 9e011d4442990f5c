import { describe, expect, it } from "vitest"
import { createFairQueue, type Entry, type Rank, type Room } from "../src/gossip/queue.ts"

interface Named extends Entry {
  readonly name: string
}

const MUCH: Room = { count: 1000, bytes: 1_000_000 }

function setUp({ perPeer = MUCH, total = MUCH }: { perPeer?: Room; total?: Room } = {}) {
  const dropped: string[] = []
  const queue = createFairQueue<Named>({ perPeer, total, onDropped: ({ name }) => dropped.push(name) })
  const add = (peer: string, name: string, rank: Rank = 1, bytes = 1): void => queue.add(peer, { name, rank, bytes })
  const take = (count: number, bytes = 1_000_000): Record<string, string[]> =>
    Object.fromEntries([...queue.take(count, bytes)].map(([peer, list]) => [peer, list.map(({ name }) => name)]))
  return { queue, dropped, add, take }
}

describe("a fair queue", () => {
  it("gives each peer's entries in order, one of each peer in turn", () => {
    const { queue, add, take } = setUp()
    for (let i = 0; i < 100; i++) add("flooder", `f${i}`)
    add("a", "a0", 2)
    add("b", "b0", 0)
    add("a", "a1", 0)
    expect(take(4)).toEqual({ flooder: ["f0", "f1"], a: ["a0"], b: ["b0"] })
    expect(take(2)).toEqual({ a: ["a1"], flooder: ["f2"] })
    expect(take(1000)["flooder"]).toHaveLength(97)
    expect(take(1)).toEqual({})
    expect([queue.count, queue.bytes]).toEqual([0, 0])
  })

  it("takes no more bytes at once than asked for, but for the last entry", () => {
    const { add, take } = setUp()
    for (const name of ["1", "2", "3"]) add("a", name, 1, 10)
    expect(take(10, 15)).toEqual({ a: ["1", "2"] })
  })

  it("refuses a peer what is beyond its share, the newest first", () => {
    const { add, take, dropped } = setUp({ perPeer: { count: 2, bytes: 10 } })
    for (const name of ["1", "2", "3"]) add("a", name)
    add("b", "large", 1, 11)
    add("b", "fits", 1, 10)
    add("b", "late", 1, 1)
    expect(dropped).toEqual(["3", "large", "late"])
    expect(take(10)).toEqual({ a: ["1", "2"], b: ["fits"] })
  })

  it("gives up claims for facts, and facts for tasks, the newest of the lowest rank first", () => {
    const { add, take, dropped } = setUp({ perPeer: { count: 3, bytes: 100 } })
    add("a", "claim 1", 0)
    add("a", "fact 1", 1)
    add("a", "claim 2", 0)
    add("a", "fact 2", 1)
    add("a", "task 1", 2)
    add("a", "task 2", 2)
    add("a", "claim 3", 0)
    add("a", "fact 3", 1)
    expect(dropped).toEqual(["claim 2", "claim 1", "fact 2", "claim 3", "fact 3"])
    expect(take(10)).toEqual({ a: ["fact 1", "task 1", "task 2"] })
  })

  it("that is full makes room at the cost of the peer with most in it", () => {
    const { queue, add, take, dropped } = setUp({ total: { count: 10, bytes: 1000 } })
    for (let i = 0; i < 10; i++) add("flooder", `f${i}`, 2)
    add("a", "a0", 0)
    add("a", "a1", 0)
    add("flooder", "f10", 2)
    expect(dropped).toEqual(["f9", "f8", "f10"])
    expect(take(4)).toEqual({ flooder: ["f0", "f1"], a: ["a0", "a1"] })
    expect(queue.count).toBe(6)
  })
})
