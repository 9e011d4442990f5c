import { join } from "node:path"
import type { Experiment } from "@spore/api/client"
import { CID, createIdentity, type Identity, signRecord, type SporeRecord } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import { createSporeNode, type SporeNode } from "@spore/node"
import { openLocalStore } from "@spore/node/local"
import { until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { taskIn } from "./support/network-task.ts"
import { type RunningNode, runNode } from "./support/node.ts"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome } from "./support/spore.ts"

async function experiments(node: RunningNode, task: string): Promise<readonly Experiment[]> {
  return (await node.client.experiments({ task, sort: "oldest", limit: 500 })).items
}

async function untilDone(node: RunningNode, task: string, count: number): Promise<readonly Experiment[]> {
  return until(
    async () => {
      const done = await experiments(node, task)
      return done.length >= count ? done : undefined
    },
    { timeoutMs: 60_000, what: `${count} experiments` },
  )
}

/** A peer in this process that runs nothing. */
async function silentPeer(dataDir: string, identity: Identity, address: string): Promise<SporeNode> {
  const listen = ["/ip4/127.0.0.1/tcp/0"]
  const node = await createSporeNode({ dataDir, identity, mode: "sync", listen, peers: [address] })
  await node.start()
  return node
}

/** A child of `parent` with a score that its code does not reach. */
async function forge(
  node: SporeNode,
  identity: Identity,
  task: string,
  parent: Experiment,
): Promise<SporeRecord<"experiment">> {
  const honest = await until(() => node.store.get(parent.id), { timeoutMs: 30_000, what: "the parent" })
  if (honest.kind !== "experiment") throw new TypeError("not an experiment")
  const code = await addFile(node.artifacts, new TextEncoder().encode("export const X = 1\nexport const Y = 1\n"))
  const record = signRecord(identity, "experiment", {
    ...honest.body,
    created: Math.max(honest.body.created, Math.floor(Date.now() / 1000)),
    task: CID.parse(task),
    parent: CID.parse(parent.id),
    code,
    run: { ...honest.body.run, scores: [1.0001] },
    log: null,
  })
  await node.publish(record)
  return record
}

describe.skipIf(!sandboxed)("nodes that share a task", { timeout: 240_000 }, () => {
  it("verify each other's experiments, challenge a forged score and refute it", async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "author")
    await using author = await runNode(home, "author", "--solo", "--task", task)
    const [baseline] = await untilDone(author, task, 3)
    if (baseline === undefined) throw new TypeError("no baseline")
    expect(baseline).toMatchObject({ parent: null, status: "keep", value: 35 })
    await author.stop()

    // The same folder carries its facts from now on, and runs nothing.
    await using carrier = await runNode(home, "author", "--solo", "--no-train")
    const best = (await experiments(carrier, task)).find((experiment) => experiment.candidate)
    expect(best).toBeDefined()
    await using first = await runNode(home, "first", "--verify-only", "--peer", carrier.address)
    await until(async () => (await carrier.client.experiment(best?.id ?? "")).verdict === "reproduced", {
      timeoutMs: 60_000,
      what: "the best candidate to be reproduced",
    })

    const forger = createIdentity()
    const peer = await silentPeer(join(home.path, "forger"), forger, carrier.address)
    const forged = await forge(peer, forger, task, baseline)
    await until(async () => (await carrier.client.experiment(forged.id)).verdict === "challenged", {
      timeoutMs: 60_000,
      what: "the forged score to be challenged",
    })
    const [challenge] = (await carrier.client.disputes(forged.id)).items
    expect(challenge).toMatchObject({ kind: "challenge", evidence: [expect.any(String)] })

    await using second = await runNode(home, "second", "--verify-only", "--peer", carrier.address)
    await until(async () => (await carrier.client.experiment(forged.id)).verdict === "refuted", {
      timeoutMs: 60_000,
      what: "the forged score to be refuted",
    })
    expect(await carrier.client.experiment(forged.id)).toMatchObject({ candidate: false, frontier: false })
    // The challenger records how it ended.
    await until(async () => (await carrier.client.disputes(forged.id)).items.some(({ kind }) => kind === "dispute"), {
      timeoutMs: 60_000,
      what: "a dispute",
    })
    await peer.stop()

    // Nothing is left to rerun; after a restart of all, nothing is rerun and nothing is lost.
    const idle = async (node: RunningNode): Promise<boolean> => {
      const { verify_queue: queue, activities } = await node.client.status()
      return queue === 0 && activities.length === 0
    }
    for (const verifier of [first, second]) {
      await until(() => idle(verifier), { timeoutMs: 90_000, what: "the queue to empty" })
    }
    const reruns = async (node: RunningNode): Promise<number> => (await node.client.stats()).verifications
    await until(async () => new Set(await Promise.all([carrier, first, second].map(reruns))).size === 1, {
      timeoutMs: 60_000,
      what: "the same facts everywhere",
    })
    const before = await reruns(carrier)
    expect(await Promise.all([first, second, carrier].map((node) => node.stop()))).toEqual([0, 0, 0])

    await using carrierAgain = await runNode(home, "author", "--solo", "--no-train")
    await using firstAgain = await runNode(home, "first", "--verify-only", "--peer", carrierAgain.address)
    await until(async () => (await firstAgain.client.status()).peers.length > 0, { what: "a connection" })
    await until(() => idle(firstAgain), { timeoutMs: 60_000, what: "an empty queue" })
    expect(await reruns(firstAgain)).toBe(before)
    expect(await reruns(carrierAgain)).toBe(before)
    expect((await carrierAgain.client.experiment(forged.id)).verdict).toBe("refuted")
  })

  it("score what a record carries anew, without running its code", async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "author", "bowl")
    await using author = await runNode(home, "author", "--solo", "--task", task)
    const [baseline] = await untilDone(author, task, 2)
    if (baseline === undefined) throw new TypeError("no baseline")
    const { outputs, log } = await author.client.experiment(baseline.id)
    expect([outputs, log]).not.toContain(null)

    await using verifier = await runNode(home, "verifier", "--verify-only", "--peer", author.address)
    const reproduced = async (): Promise<boolean> =>
      (await verifier.client.experiment(baseline.id)).verdict === "reproduced"
    await until(reproduced, { timeoutMs: 60_000, what: "the baseline's point to be scored again" })
    const [rerun] = (await verifier.client.verifications(baseline.id)).items
    await verifier.stop()
    const store = await openLocalStore(join(home.path, "verifier"))
    const record = await store.get(rerun?.id ?? "")
    await store.close()
    // The check prints nothing; the evaluator would have said that the candidate runs.
    expect(record?.body).toMatchObject({ kind: "verification", run: { outcome: "ok" }, log: null })
  })

  it("reach each other through a node that only carries, without ever being online together", async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "author")
    await using carrier = await runNode(home, "carrier", "--solo", "--no-train")
    await using author = await runNode(home, "author", "--peer", carrier.address, "--task", task)
    await untilDone(author, task, 3)
    await author.stop()
    const kept = await untilDone(carrier, task, 3)

    await using verifier = await runNode(home, "verifier", "--verify-only", "--peer", carrier.address)
    await until(async () => (await verifier.client.stats()).verifications > 0, {
      timeoutMs: 60_000,
      what: "a rerun of what its author published",
    })
    await verifier.stop()

    await using authorAgain = await runNode(home, "author", "--peer", carrier.address, "--no-train")
    await until(async () => (await authorAgain.client.stats()).verifications > 0, {
      timeoutMs: 60_000,
      what: "the rerun to reach the author",
    })
    expect((await experiments(authorAgain, task)).length).toBeGreaterThanOrEqual(kept.length)
  })

  it("continues where it stopped", async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "author")
    await using once = await runNode(home, "author", "--solo", "--task", task)
    await untilDone(once, task, 2)
    await once.stop()
    await using again = await runNode(home, "author", "--solo", "--task", task)
    const done = await untilDone(again, task, 4)
    expect(done.filter(({ parent }) => parent === null)).toHaveLength(1)
  })
})
