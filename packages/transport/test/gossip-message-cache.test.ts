import { describe, expect, it } from "vitest"
import { createMessageCache, type MessageCache } from "../src/gossip/message-cache.ts"

const TOPIC = "/spore/1/tasks"
const MUCH = 1_000_000

const cacheOf = (init: { maxBytes?: number; answerBytes?: number } = {}): MessageCache =>
  createMessageCache({ heartbeats: 3, told: 2, maxBytes: MUCH, answerBytes: MUCH, ...init })

function put(cache: MessageCache, id: number, size = 100, topic = TOPIC): Uint8Array {
  const data = new Uint8Array(size).fill(id)
  cache.put({ msgId: Uint8Array.of(id), msgIdStr: String(id) }, { topic, data }, true)
  return data
}

const told = (cache: MessageCache): number[] =>
  (cache.getGossipIDs(new Set([TOPIC])).get(TOPIC) ?? []).map((id) => id[0] ?? -1)

const given = (cache: MessageCache, id: number, peer = "a"): Uint8Array | undefined =>
  cache.getWithIWantCount(String(id), peer)?.msg.data

describe("the message cache", () => {
  it("keeps a message for some heartbeats, and tells others of it in the first of them", () => {
    const cache = cacheOf()
    const data = put(cache, 1)
    expect(told(cache)).toEqual([1])
    cache.shift()
    put(cache, 2)
    expect(told(cache)).toEqual([2, 1])
    cache.shift()
    expect(told(cache)).toEqual([2])
    expect(given(cache, 1)).toEqual(data)
    cache.shift()
    expect(given(cache, 1)).toBeUndefined()
    expect([cache.size, cache.msgs.has("2")]).toEqual([1, true])
  })

  it("tells of the topics asked for", () => {
    const cache = cacheOf()
    put(cache, 1, 100, "/spore/1/profiles")
    expect(told(cache)).toEqual([])
  })

  it("counts how often a peer asked", () => {
    const cache = cacheOf()
    put(cache, 1)
    expect([1, 2].map(() => cache.getWithIWantCount("1", "a")?.count)).toEqual([1, 2])
    expect(cache.getWithIWantCount("1", "b")?.count).toBe(1)
    expect(cache.getWithIWantCount("2", "b")).toBeNull()
  })

  it("promises, and gives a peer, no more in a heartbeat than fits into one message", () => {
    const cache = cacheOf({ answerBytes: 3000 })
    for (const id of [1, 2, 3, 4]) put(cache, id, 1000)
    expect(told(cache)).toEqual([4, 3])
    expect([1, 2, 3, 4].map((id) => given(cache, id) !== undefined)).toEqual([true, true, false, false])
    expect(given(cache, 3, "another peer")).toBeDefined()
    cache.shift()
    expect(given(cache, 3)).toBeDefined()
  })

  it("is bounded in bytes: the oldest go first", () => {
    const cache = cacheOf({ maxBytes: 4000 })
    put(cache, 1, 1000)
    cache.shift()
    for (const id of [2, 3, 4]) put(cache, id, 1000)
    expect([...cache.msgs.keys()]).toEqual(["2", "3", "4"])
    cache.shift()
    cache.shift()
    expect([...cache.msgs.keys()]).toEqual(["2", "3", "4"])
    cache.shift()
    expect(cache.size).toBe(0)
  })

  it("does not keep alive what a message came with", () => {
    const cache = cacheOf()
    const rpc = new Uint8Array(1_000_000)
    cache.put({ msgId: Uint8Array.of(1), msgIdStr: "1" }, { topic: TOPIC, data: rpc.subarray(0, 10) }, true)
    expect(cache.msgs.get("1")?.message.data?.buffer.byteLength).toBe(10)
  })
})
