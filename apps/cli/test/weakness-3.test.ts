import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { SporeClient } from "@spore/api/client"
import { legacyAddressText, type LegacyObject, type PyJson, pyObject, signLegacy } from "@spore/legacy"
import { type AnyRecord, createIdentity, isKind, type Kind, type SporeRecord, toHex } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeChallenge, makeDispute, makeExperiment, makeVerification, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { atRelay, imitate, publishedCircles } from "./support/hand.ts"
import { whileHostile } from "./support/hostile-peer.ts"
import { legacyExperiment } from "./support/legacy-folder.ts"
import { runNode } from "./support/node.ts"
import { oldNode } from "./support/old-node.ts"
import { BETTER, packing, type RealRecords } from "./support/real-records.ts"
import { CARRY, holdsAfterRestart, LONG, type RelayNetwork, relayNetwork, VERIFY } from "./support/relay-network.ts"
import { ABSENT, sandboxed } from "./support/sandboxed.ts"
import { emptyHome } from "./support/spore.ts"
import { withStore } from "./support/stored.ts"

describe('weakness 3, "one key forged disputes: invented verifiers, invented experiments"', () => {
  it.skipIf(!sandboxed)(
    `forged disputes change nothing, and no word of its signer saves what reruns refute${ABSENT}`,
    { timeout: 900_000 },
    async () => {
      await using network = await relayNetwork()
      const circles = await publishedCircles(network)
      const { task, baseline, better } = circles
      for (const [name, words] of [
        ["ada", "reproduced 1/1"],
        ["bob", "reproduced 2/2"],
      ] as const) {
        await network.online(name, VERIFY, () => network.judges({ [baseline.id]: words, [better.id]: words }))
      }

      const identity = createIdentity()
      const artifacts = createMemoryArtifactStore()
      const forged = await imitate(
        { identity, artifacts },
        { of: better, parent: baseline, score: 2.6359, code: `${await packing(BETTER)}// forged\n` },
      )
      const praise = makeVerification(identity, { task, experiment: forged, score: 2.6359 })
      const honest = await recordOf(network, (await network.relay.verifications(better.id)).items, "verification")
      const disputes = forgedDisputes(circles, honest, identity)
      const before = await network.online("author", CARRY, async ({ address, client }) => {
        for (const { id } of [baseline, better]) {
          await until(async () => (await client.experiment(id)).voters === 2, { ...LONG, what: "all reruns" })
        }
        const standing = await whatStands(client, circles)
        const records = [forged, praise, ...disputes]
        await whileHostile({ identity, victim: address, task: task.id, records, artifacts }, async () => {
          await arrived(network, "author", records)
          await until(async () => (await client.experiment(forged.id)).code_held, { ...LONG, what: "the forged code" })
        })
        expect(await whatStands(client, circles)).toEqual(standing)
        // Who publishes it and who verifies it are one key.
        expect(await client.experiment(forged.id)).toMatchObject({ verdict: "unverified", voters: 0, frontier: false })
        expect((await client.verifications(forged.id)).items).toMatchObject([{ eligible: false }])
        await atRelay(network, [forged])
        return standing
      })

      await network.online("ada", VERIFY, () => network.judges({ [forged.id]: "challenged 0/1" }))
      await network.online("bob", VERIFY, () => network.judges({ [forged.id]: "refuted 0/2" }))
      const challenge = await recordOf(network, (await network.relay.disputes(forged.id)).items, "challenge")
      const rescue = makeDispute(identity, { task, challenge, evidence: [praise], outcome: "upheld" })
      await network.online("author", CARRY, async ({ address, client }) => {
        const isRefuted = async (): Promise<boolean> => (await client.experiment(forged.id)).verdict === "refuted"
        await until(isRefuted, { ...LONG, what: "the verdict at its author's peer" })
        const hostile = { identity, victim: address, task: task.id, records: [rescue], artifacts }
        await whileHostile(hostile, () => arrived(network, "author", [rescue]))
        const { frontier, candidates, best } = await client.frontier(task.id)
        expect([...frontier, ...candidates].map(({ id }) => id)).not.toContain(forged.id)
        expect(best).toMatchObject({ id: better.id })
        expect(await whatStands(client, circles)).toEqual(before)
      })
      // The challenger says how it ended when it comes.
      await holdsAfterRestart(network, { ada: VERIFY, author: CARRY, bob: VERIFY })
    },
  )

  it("of 0.6 events each speaks for its signer alone, and a squatted event_id blocks nothing", async () => {
    const [alice, bob, carol] = [seedOf(1), seedOf(2), seedOf(3)]
    const root = signLegacy(alice, "legacy_experiment", legacyExperiment({}))
    const squatted = { event_id: `verification:${root.id}:${keyOf(bob)}` }
    const events = [
      event(carol, "legacy_verification", root, squatted),
      event(bob, "legacy_verification", root, squatted),
      event(alice, "legacy_verification", root, { verifier_bpb: 0.1 }),
      event(carol, "legacy_challenge", root, { challenger_bpb: 9.9 }),
      event(carol, "legacy_dispute", root, {
        challenger_bpb: 9.9,
        ground_truth_bpb: 9.9,
        outcome: "rejected",
        verifier_count: 99n,
        winner_verifier_ids: [keyOf(seedOf(4))],
        loser_verifier_ids: [keyOf(alice)],
      }),
    ]
    await using old = await oldNode(root, ...events)
    await using home = await emptyHome()
    await home.init()
    const config = join(home.dataDir, "config.toml")
    const legacy = `[legacy]\npeers = ["${legacyAddressText(old.address)}"]\n`
    await writeFile(config, (await readFile(config, "utf8")) + legacy)
    await using node = await runNode(home, ".spore", "--no-train")
    await until(async () => (await node.client.disputes(root.id)).items.length === 2, { ...LONG, what: "the dispute" })
    await until(async () => (await node.client.verifications(root.id)).items.length === 3, { ...LONG, what: "all" })

    const { items } = await node.client.verifications(root.id)
    const counts = Object.fromEntries(items.map(({ node: signer, eligible }) => [signer, eligible]))
    expect(counts).toEqual({ [nodeOf(alice)]: false, [nodeOf(bob)]: true, [nodeOf(carol)]: true })
    expect(await node.client.experiment(root.id)).toMatchObject({ voters: 2, claim: 0.9, value: 0.9, status: "keep" })
  })
})

function seedOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte)
}

function keyOf(seed: Uint8Array): string {
  return toHex(createIdentity(seed).publicKey)
}

function nodeOf(seed: Uint8Array): string {
  return createIdentity(seed).nodeId
}

type ControlKind = "legacy_verification" | "legacy_challenge" | "legacy_dispute"

/** An event as 0.6 signed it: with its signer as verifier or challenger, whatever else it says. */
function event(seed: Uint8Array, kind: ControlKind, about: LegacyObject, more: Record<string, PyJson>): LegacyObject {
  const actor = kind === "legacy_verification" ? "verifier" : "challenger"
  const payload = pyObject({
    event_id: `${kind}:${about.id}`,
    experiment_id: about.id,
    task_id: about.id,
    [`${actor}_id`]: keyOf(seed),
    [`${actor}_bpb`]: 0.9,
    [`${actor}_gpu`]: "RTX 4090",
    ...more,
  })
  return signLegacy(seed, kind, { payload, timestamp: 1_760_000_600n })
}

/** The record of the first fact of its kind in a list of the API. */
async function recordOf<K extends Kind>(
  { home }: RelayNetwork,
  items: readonly { readonly id: string; readonly kind: Kind }[],
  kind: K,
): Promise<SporeRecord<K>> {
  const id = items.find((item) => item.kind === kind)?.id ?? ""
  const record = await withStore(join(home.path, "relay"), (store) => store.get(id))
  if (record === undefined || !isKind(record, kind)) throw new TypeError(`no ${kind}`)
  return record
}

/** Waits until facts are in a data folder, those included that wait there for what they link to. */
async function arrived({ home }: RelayNetwork, name: string, records: readonly AnyRecord[]): Promise<void> {
  const ids = records.map(({ id }) => id)
  await withStore(join(home.path, name), (store) =>
    until(async () => (await store.known(ids)).size === ids.length, { ...LONG, what: "the hostile facts" }),
  )
}

/** What the victim's explorer shows of its experiments. */
async function whatStands(client: SporeClient, { task, baseline, better }: RealRecords): Promise<unknown> {
  const { frontier, best } = await client.frontier(task.id)
  return {
    experiments: [await client.experiment(baseline.id), await client.experiment(better.id)],
    frontier,
    best,
  }
}

/** Everything a key can say against a reproduced experiment without having run it. */
function forgedDisputes(
  { task, baseline, better }: RealRecords,
  honest: SporeRecord<"verification">,
  identity: ReturnType<typeof createIdentity>,
): AnyRecord[] {
  const nobody = createIdentity()
  // Never published.
  const invented = makeVerification(nobody, { task, experiment: better, score: 1.5 })
  const nowhere = makeExperiment(nobody, { task, parent: baseline, score: 2.6 })
  const bare = makeChallenge(identity, { task, experiment: better, evidence: [honest] })
  const about = makeVerification(identity, { task, experiment: nowhere, score: 1.5 })
  return [
    bare,
    makeDispute(identity, { task, challenge: bare, evidence: [honest], outcome: "rejected" }),
    makeChallenge(identity, { task, experiment: better, evidence: [invented] }),
    makeDispute(identity, { task, challenge: bare, evidence: [honest, invented], outcome: "rejected" }),
    about,
    makeChallenge(identity, { task, experiment: nowhere, evidence: [about] }),
  ]
}
