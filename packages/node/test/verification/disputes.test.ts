import { join } from "node:path"
import type { AnyRecord, Identity, SporeRecord } from "@spore/records"
import { createMemoryArtifactStore } from "@spore/records/artifacts"
import {
  makeChallenge,
  makeExperiment,
  makeTask,
  makeVerification,
  temporaryFolder,
  TEST_EPOCH,
  testIdentity,
} from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { openStore } from "../../src/open-store.ts"
import { createPublisher } from "../../src/publisher.ts"
import { createDisputes, type Disputes } from "../../src/verification/disputes.ts"
import { add, author, bob, carol, me } from "./support.ts"

const DAY = 24 * 60 * 60
const task = makeTask(author)
const root = makeExperiment(author, { task, score: 50 })
const claim = makeExperiment(author, { task, parent: root, score: 10, code: "claim" })
const rerun = (key: Identity, score: number): SporeRecord<"verification"> =>
  makeVerification(key, { task, experiment: claim, score })

/** A database file that is closed and opened again, with the disputes of a key on it at a time in days. */
async function onFile(
  path: string,
  body: (at: {
    disputes: Disputes
    add(...records: AnyRecord[]): Promise<void>
    said(): Promise<object[]>
  }) => Promise<void>,
  { days = 0, identity = me }: { days?: number; identity?: Identity } = {},
): Promise<void> {
  const clock = { now: () => (TEST_EPOCH + 3_600 + days * DAY) * 1000 }
  const store = await openStore(path, { clock })
  const publisher = createPublisher({ identity, store, artifacts: createMemoryArtifactStore(), clock })
  const disputes = createDisputes({ identity, store, publisher, now: clock.now })
  await body({
    disputes,
    add: (...records) => add({ store }, ...records),
    said: async () =>
      (await store.controls(claim.id))
        .filter((control) => control.author === identity.nodeId)
        .map(({ kind, evidence, outcome }) => ({ kind, evidence, outcome })),
  })
  await store.close()
}

describe("challenges and disputes", () => {
  it("challenge a suspect claim with one's own rerun, once, and record that it was refuted", async () => {
    await using folder = await temporaryFolder()
    const [mine, theirs] = [rerun(me, 90), rerun(bob, 90)]
    await onFile(join(folder.path, "db"), async ({ disputes, add: store, said }) => {
      await store(task, root, claim, mine)
      await disputes.challenge(claim.id)
      await disputes.challenge(claim.id)
      const challenge = { kind: "challenge", evidence: [mine.id], outcome: null }
      expect(await said()).toEqual([challenge])
      await disputes.settle()
      expect(await said()).toEqual([challenge])
      await store(theirs)
      await disputes.settle()
      await disputes.settle()
      expect(await said()).toEqual([
        challenge,
        { kind: "dispute", evidence: [mine.id, theirs.id], outcome: "rejected" },
      ])
    })
  })

  it("do not challenge without a rerun of one's own, or what is not suspect", async () => {
    await using folder = await temporaryFolder()
    const [theirs, mine] = [rerun(bob, 90), rerun(me, 10)]
    await onFile(join(folder.path, "db"), async ({ disputes, add: store, said }) => {
      await store(task, root, claim, theirs, makeVerification(me, { task, experiment: root, score: 50 }))
      await disputes.challenge(claim.id)
      await disputes.challenge(root.id)
      expect(await said()).toEqual([])
      // One key against one: what speaks against the claim is linked beside one's own.
      await store(mine)
      await disputes.challenge(claim.id)
      expect(await said()).toMatchObject([{ kind: "challenge", evidence: [mine.id, theirs.id] }])
    })
  })

  it("challenge though somebody else did so without evidence that counts", async () => {
    await using folder = await temporaryFolder()
    const [mine, own] = [rerun(me, 90), rerun(author, 10)]
    await onFile(join(folder.path, "db"), async ({ disputes, add: store, said }) => {
      await store(task, root, claim, mine, own)
      await store(makeChallenge(carol, { task, experiment: claim, evidence: [own] }))
      await disputes.challenge(claim.id)
      expect(await said()).toMatchObject([{ kind: "challenge", evidence: [mine.id] }])
    })
  })

  it("go on after a stop before the challenge, and after days offline", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "db")
    await onFile(path, ({ add: store }) => store(task, root, claim, rerun(me, 90)))
    await onFile(path, async ({ disputes, said }) => {
      await disputes.settle()
      expect(await said()).toMatchObject([{ kind: "challenge" }])
    })
    // Others upheld the claim meanwhile.
    const others = [1, 2, 3].map((n) => rerun(testIdentity(50 + n), 10))
    await onFile(path, ({ add: store }) => store(...others), { identity: bob })
    await onFile(
      path,
      async ({ disputes, said }) => {
        await disputes.settle()
        expect(await said()).toMatchObject([{ kind: "challenge" }, { kind: "dispute", outcome: "upheld" }])
      },
      { days: 5 },
    )
  })

  it("end undecided after seven days where four keys voted, and not before", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "db")
    await onFile(path, async ({ disputes, add: store }) => {
      await store(task, root, claim, rerun(me, 90), rerun(bob, 10), rerun(carol, 90))
      await disputes.challenge(claim.id)
    })
    const settled = async (days: number, ...records: AnyRecord[]): Promise<object[]> => {
      let said: object[] = []
      await onFile(
        path,
        async (at) => {
          await at.add(...records)
          await at.disputes.settle()
          said = await at.said()
        },
        { days },
      )
      return said
    }
    expect(await settled(30)).toMatchObject([{ kind: "challenge" }])
    expect(await settled(6, rerun(testIdentity(60), 10))).toMatchObject([{ kind: "challenge" }])
    expect(await settled(8)).toMatchObject([{ kind: "challenge" }, { kind: "dispute", outcome: "inconclusive" }])
  })
})
