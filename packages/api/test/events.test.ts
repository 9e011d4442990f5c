import { createServer } from "node:net"
import { describe, expect, it } from "vitest"
import { silentLogger } from "@spore/records"
import { createSporeClient, type ServerEvent } from "../src/client/index.ts"
import { follow, MAX_REPLAY } from "../src/events.ts"
import { createApi, serveApi } from "../src/index.ts"
import { createTestApi } from "./support/api.ts"
import { buildFixture, fakePeer } from "@spore/fixture"

type Event = ServerEvent & { seq: number }

/** Reads events until `enough`. */
async function collect(events: AsyncGenerator<Event>, enough: (seen: Event[]) => boolean): Promise<Event[]> {
  const seen: Event[] = []
  for await (const event of events) {
    seen.push(event)
    if (enough(seen)) break
  }
  return seen
}

describe("events", () => {
  it("open with where they begin, then bring each fact once, in order", async () => {
    const { client, fixture } = await createTestApi({ experiments: 2 })
    const start = await fixture.node.store.lastSeq()
    const stop = new AbortController()
    const seen: Event[] = []
    for await (const event of client.events({ types: ["fact"], signal: stop.signal })) {
      seen.push(event)
      if (event.type === "ready") {
        await fixture.next()
        await fixture.next()
      }
      if (event.type === "fact" && event.seq === (await fixture.node.store.lastSeq())) break
    }
    expect(seen[0]).toEqual({ type: "ready", data: { seq: start }, seq: start })
    const facts = seen.slice(1)
    expect(facts.map(({ seq }) => seq)).toEqual(facts.map((_, i) => start + i + 1))
    const last = fixture.experiments.at(-1)
    expect(facts.some((event) => event.type === "fact" && event.data.id === last?.id)).toBe(true)
  })

  it("replay what was missed after Last-Event-ID, which wins over `after`", async () => {
    const { request, fixture } = await createTestApi({ experiments: 10 })
    const last = await fixture.node.store.lastSeq()
    const stop = new AbortController()
    const response = await request("/api/v1/events?after=1&types=fact", {
      headers: { "last-event-id": String(last - 3) },
      signal: stop.signal,
    })
    expect(response.headers.get("content-type")).toBe("text/event-stream")
    expect(response.headers.get("cache-control")).toBe("no-store")
    const text = await readUntil(response, `id: ${last}\n`)
    expect([...text.matchAll(/^event: (\w+)$/gm)].map(([, type]) => type)).toEqual(["ready", "fact", "fact", "fact"])
    expect([...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id))).toEqual([
      last - 3,
      last - 2,
      last - 1,
      last,
    ])
  })

  it("say reset where the position is of another database or too far back", async () => {
    const { client, fixture } = await createTestApi({ experiments: 3 })
    const last = await fixture.node.store.lastSeq()
    const [ahead] = await collect(client.events({ after: last + 5 }), () => true)
    expect(ahead).toEqual({ type: "reset", data: { seq: last }, seq: last })

    const { node } = await buildFixture({ experiments: 3 })
    const far = { ...node, store: { ...node.store, lastSeq: async () => MAX_REPLAY + 10 } }
    const signal = new AbortController().signal
    const types = new Set(["fact"] as const)
    const events = follow(far, { task: undefined, types, after: 9, heartbeatMs: 60_000, signal })
    expect((await events.next()).value).toMatchObject({ event: { type: "reset", data: { seq: MAX_REPLAY + 10 } } })
    await events.return(undefined)
  })

  it("bring at once what was stored while facts were read", async () => {
    const { node, next } = await buildFixture({ experiments: 1 })
    const begin = await node.store.lastSeq()
    let reads = 0
    const changes: typeof node.store.changes = async (...asked) => {
      const read = await node.store.changes(...asked)
      if (reads++ === 0) await next()
      return read
    }
    const subscription = {
      task: undefined,
      types: new Set(["fact"] as const),
      after: begin,
      heartbeatMs: 2_000,
      signal: new AbortController().signal,
    }
    const events = follow({ ...node, store: { ...node.store, changes } }, subscription)
    expect((await events.next()).value).toMatchObject({ event: { type: "ready" } })
    expect((await events.next()).value).toMatchObject({ event: { type: "fact" } })
    await events.return(undefined)
  })

  it("bring only facts of the asked-for task", async () => {
    const { client, fixture } = await createTestApi({ experiments: 1 })
    const other = await buildFixture({ experiments: 0, node: fixture.node, name: "other", seed: 9 })
    const seen: Event[] = []
    for await (const event of client.events({ task: fixture.task.id, types: ["fact"] })) {
      seen.push(event)
      if (event.type === "ready") {
        await other.next()
        await fixture.next()
      }
      if (event.type === "fact" && event.data.kind === "experiment") break
    }
    const facts = seen.filter((event) => event.type === "fact")
    expect(facts.length).toBeGreaterThan(0)
    expect(facts.every((event) => event.data.task === fixture.task.id)).toBe(true)
  })

  it("tell of a notice, and that what it said is over", async () => {
    const { client, fixture } = await createTestApi({ experiments: 1 })
    const { node } = fixture
    const notice = { code: "explorer_down", message: "The explorer does not answer", next: null }
    const seen: Event[] = []
    const shown: unknown[] = []
    for await (const event of client.events({ types: ["notice", "notice_over"] })) {
      seen.push(event)
      if (event.type === "ready") node.report(notice)
      if (event.type === "notice") {
        shown.push(...(await client.status()).notices)
        node.retract("explorer_down")
      }
      if (event.type === "notice_over") break
    }
    expect(seen.map(({ type }) => type)).toEqual(["ready", "notice", "notice_over"])
    expect(shown).toEqual([notice])
    expect((await client.status()).notices).toEqual([])
  })

  it("bring the newest progress, peers and notices", async () => {
    const { client, fixture } = await createTestApi({ experiments: 1 })
    const { node } = fixture
    const activity = (fraction: number, worker = 0) => ({
      kind: "experiment" as const,
      worker,
      parent: null,
      agent: "tuner",
      task: fixture.task.id,
      taskName: "char-lm",
      title: "t",
      experiment: null,
      startedAt: 1000,
      progress: { fraction, loss: null, remainingSeconds: null },
    })
    const seen: Event[] = []
    for await (const event of client.events({ types: ["activity", "peers", "notice", "research_ended"] })) {
      seen.push(event)
      if (event.type === "ready") {
        for (let i = 1; i <= 50; i++) node.setActivity(activity(i / 100))
        node.setActivity(activity(0.25, 1))
        node.setActivity(activity(0.75, 2))
        node.endActivity(2)
        node.emit({ type: "research_ended", reason: "max_cost" })
        node.emit({ type: "notice", notice: { code: "no_peers", message: "m", next: null } })
        node.emit({
          type: "peers",
          peers: [
            fakePeer({
              nodeId: "x",
              address: "/a",
              relayed: true,
              latencyMs: 12.5,
              score: -3,
              agent: "spore/1",
              carries: { tasks: 2, facts: 30 },
              relays: true,
              sync: { syncedAt: 7500, complete: true, received: 3, failure: "timed_out" },
            }),
          ],
        })
      }
      if (event.type === "activity" && event.data.worker === 2 && event.data.activity === null) break
    }
    // Of each worker the newest, whatever came between.
    const last = new Map(seen.flatMap((event) => (event.type === "activity" ? [[event.data.worker, event.data]] : [])))
    expect(seen.filter((event) => event.type === "activity").length).toBeLessThan(10)
    expect(
      [...last.values()].map(({ worker, activity: one }) => [worker, one?.worker, one?.progress?.fraction]),
    ).toEqual([
      [0, 0, 0.5],
      [1, 1, 0.25],
      [2, undefined, undefined],
    ])
    expect(seen.find((event) => event.type === "research_ended")?.data).toEqual({ reason: "max_cost" })
    expect(seen.find((event) => event.type === "peers")?.data.peers).toEqual([
      {
        node: "x",
        name: null,
        address: "/a",
        direction: "inbound",
        connected_at: 5,
        relayed: true,
        latency_ms: 12.5,
        score: -3,
        agent: "spore/1",
        carries: { tasks: 2, facts: 30 },
        relays: true,
        reserved: false,
        sync: { running: false, synced_at: 7.5, complete: true, received: 3, sent: 0, failure: "timed_out" },
      },
    ])
    expect(seen.some((event) => event.type === "notice" && event.data.code === "no_peers")).toBe(true)
  })

  it("beat when nothing happens, with the position to resume from", async () => {
    const { node } = await buildFixture({ experiments: 1 })
    const { signal } = new AbortController()
    const events = follow(node, {
      task: undefined,
      types: new Set(["fact"] as const),
      after: undefined,
      heartbeatMs: 1,
      signal,
    })
    await events.next()
    expect((await events.next()).value).toEqual({ event: null, seq: await node.store.lastSeq() })
    await events.return(undefined)
  })

  it("let go of the node when their reader goes away", async () => {
    const { node } = await buildFixture({ experiments: 1 })
    let listening = 0
    const counted = {
      ...node,
      onEvent: (listener: Parameters<typeof node.onEvent>[0]) => {
        listening++
        const stop = node.onEvent(listener)
        return () => {
          listening--
          stop()
        }
      },
    }
    const server = await serveApi(createApi({ node: counted, version: "1", log: silentLogger }), { port: 0 })
    try {
      const client = createSporeClient(server.url)
      const streams = [client.events(), client.events()]
      for (const stream of streams) await stream.next()
      expect(listening).toBe(2)
      for (const stream of streams) await stream.return(undefined)
      await expect.poll(() => listening, { timeout: 10_000 }).toBe(0)
      const open = client.events()
      await open.next()
      expect(listening).toBe(1)
      const ended = open.next().catch(() => ({ done: true }))
      await server.close()
      expect((await ended).done).toBe(true)
      await expect.poll(() => listening, { timeout: 10_000 }).toBe(0)
    } finally {
      await server.close()
    }
  })
})

describe("serveApi", () => {
  it("names the port option when the port is taken", async () => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve))
    const address = holder.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const { node } = await buildFixture({ experiments: 0 })
    const app = createApi({ node, version: "1", log: silentLogger })
    await expect(serveApi(app, { host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "port_in_use",
      next: `spore run --web-port ${port + 1}`,
    })
    holder.close()
    await expect(serveApi(app, { host: "192.0.2.1", port: 0 })).rejects.toMatchObject({ code: "cannot_listen" })
  })
})

async function readUntil(response: Response, text: string): Promise<string> {
  if (response.body === null) throw new Error("no body")
  const decoder = new TextDecoder()
  let seen = ""
  for await (const chunk of response.body) {
    seen += decoder.decode(chunk, { stream: true })
    if (seen.includes(text)) break
  }
  return seen
}
