import { testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { openScene, proposalOf, scripted } from "./support.ts"

const LONG = { timeoutMs: 60_000 }
const endless = "setInterval(() => undefined, 1000)"

describe("claims between nodes", { timeout: 120_000 }, () => {
  it("are signed, gossiped and shown", async () => {
    const ready = Promise.withResolvers<void>()
    const first = scripted(async () => {
      await ready.promise
      return proposalOf(endless, "HIDDEN 64 → 96")
    })
    const heard = Promise.withResolvers<void>()
    const second = scripted(async () => {
      await heard.promise
      return null
    })
    await using alice = await openScene({ createProposer: () => first })
    await using bob = await openScene({
      createProposer: () => second,
      identity: testIdentity(9),
      peers: alice.node.addresses(),
    })
    // Both have their baselines, and each that of the other.
    await Promise.all([alice.until(2), bob.until(2)])
    ready.resolve()
    const claims = await until(async () => {
      const open = (await bob.node.status()).research?.claims ?? []
      return open.length > 0 ? open : undefined
    }, LONG)
    expect(claims).toEqual([{ author: alice.node.nodeId, parent: expect.any(String), summary: "HIDDEN 64 → 96" }])
    // One's own is no news.
    expect((await alice.node.status()).research?.claims).toEqual([])
    heard.resolve()
  })
})
