import type { Control } from "@spore/api/client"
import type { SporeRecord } from "@spore/records"
import { makeChallenge, makeVerification, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { byHand, imitate, publishedCircles } from "./support/hand.ts"
import { BETTER, bundledTask, packing } from "./support/real-records.ts"
import { CARRY, holdsAfterRestart, LONG, relayNetwork, VERIFY } from "./support/relay-network.ts"
import { ABSENT, sandboxed } from "./support/sandboxed.ts"

/** Real runs of circle-packing; all but the nodes of the last scene are online by themselves, and meet only a relay. */
describe.skipIf(!sandboxed)(`keys that lie about circle-packing, and honest verifiers${ABSENT}`, () => {
  it("outvote a verifier that slanders what is honest and praises what is forged", { timeout: 900_000 }, async () => {
    await using network = await relayNetwork()
    const { task, baseline, better } = await publishedCircles(network)
    const [forged] = await byHand(network, "forger", [baseline], async (forger) => [
      await imitate(forger, {
        of: better,
        parent: baseline,
        score: 2.6359,
        code: `${await packing(BETTER)}// forged\n`,
      }),
    ])
    if (forged === undefined) throw new TypeError("nothing was forged")
    const words = (ofBaseline: string, ofBetter: string, ofForged: string): Record<string, string> => ({
      [baseline.id]: ofBaseline,
      [better.id]: ofBetter,
      [forged.id]: ofForged,
    })
    const slander: SporeRecord<"verification">[] = []
    await byHand(network, "liar", [baseline, better, forged], async ({ identity }) => {
      slander.push(makeVerification(identity, { task, experiment: better, score: 1.5 }))
      return [
        ...slander,
        makeVerification(identity, { task, experiment: baseline, score: 1.5 }),
        makeVerification(identity, { task, experiment: forged, score: forged.body.run.scores }),
      ]
    })
    await network.judges(words("suspect 0/1", "suspect 0/1", "reproduced 1/1"))
    await byHand(network, "liar", slander, async ({ identity }) => [
      makeChallenge(identity, { task, experiment: better, evidence: slander }),
    ])
    await network.judges(words("suspect 0/1", "challenged 0/1", "reproduced 1/1"))

    // Whoever reruns what is suspect challenges it, with all that speaks for and against it.
    await network.online("ada", VERIFY, () =>
      network.judges(words("challenged 1/2", "challenged 1/2", "challenged 1/2")),
    )
    await network.online("bob", VERIFY, () =>
      network.judges(words("challenged 2/3", "challenged 2/3", "challenged 1/3")),
    )
    await network.online("cleo", VERIFY, () => network.judges(words("upheld 3/4", "upheld 3/4", "refuted 1/4")))

    // Who challenged learns how it ended when it comes again.
    const disputes = async (): Promise<Control[]> => {
      const controls = await Promise.all([baseline, forged].map(({ id }) => network.relay.disputes(id)))
      return controls.flatMap(({ items }) => items.filter(({ kind }) => kind === "dispute"))
    }
    await network.online("ada", VERIFY, () =>
      until(async () => (await disputes()).length === 2, { ...LONG, what: "two disputes" }),
    )
    for (const look of ["before", "after"]) {
      if (look === "after") {
        await holdsAfterRestart(network, { author: CARRY, ada: VERIFY, bob: VERIFY, cleo: VERIFY })
        await network.judges(words("upheld 3/4", "upheld 3/4", "refuted 1/4"))
      }
      const node = await network.nodeId("ada")
      expect(await disputes()).toMatchObject([
        { node, experiment: baseline.id, outcome: "upheld" },
        { node, experiment: forged.id, outcome: "rejected" },
      ])
      expect(await network.rows(better.id, forged.id)).toMatchObject([
        { status: "keep", promoted: true, frontier: true, value: better.body.run.scores[0] },
        { promoted: false, candidate: false, frontier: false },
      ])
    }
  })

  it("cannot verify their own experiments", { timeout: 900_000 }, async () => {
    await using network = await relayNetwork()
    const { task, baseline, better } = await publishedCircles(network)
    const all = (words: string): Record<string, string> => ({ [baseline.id]: words, [better.id]: words })
    const before = await network.rows(better.id)
    await byHand(network, "author", [better], async ({ identity }) => [
      makeVerification(identity, { task, experiment: better, score: 2.6359 }),
      makeVerification(identity, { task, experiment: better, score: 1.5 }),
    ])
    expect(await network.rows(better.id)).toEqual(before)
    expect(before).toMatchObject([
      { verdict: "unverified", voters: 0, reproduced_by: 0, value: better.body.run.scores[0] },
    ])
    expect((await network.relay.verifications(better.id)).items).toMatchObject([
      { eligible: false },
      { eligible: false },
    ])

    await network.online("ada", VERIFY, () => network.judges(all("reproduced 1/1")))
    await network.online("bob", VERIFY, () => network.judges(all("reproduced 2/2")))
    for (const look of ["before", "after"]) {
      if (look === "after") await holdsAfterRestart(network, { author: CARRY, ada: VERIFY, bob: VERIFY })
      expect(await network.rows(better.id)).toMatchObject([
        { verdict: "reproduced", voters: 2, reproduced_by: 2, value: better.body.run.scores[0], promoted: true },
      ])
    }
  })

  it("a research node sees the reruns of a node that only verifies", { timeout: 900_000 }, async () => {
    await using network = await relayNetwork()
    const task = await bundledTask("circle-packing")
    const rerunBy = async (id: string): Promise<string[]> =>
      (await network.relay.verifications(id)).items.map(({ node }) => node)
    const vera = await network.nodeId("vera")
    const seen = await network.online("rita", ["--task", task.id], (rita) =>
      network.online("vera", VERIFY, () =>
        until(
          async () => {
            const { items } = await rita.client.experiments({ task: task.id, sort: "oldest" })
            const rerun = items.filter(({ outcome, voters }) => outcome === "ok" && voters > 0)
            return rerun.length >= 2 ? rerun : undefined
          },
          { ...LONG, what: "reruns of two experiments at the research node" },
        ),
      ),
    )
    for (const { id } of seen) expect(await rerunBy(id)).toEqual([vera])
    expect(seen).toMatchObject(seen.map(() => ({ verdict: "reproduced", reproduced_by: 1, voters: 1 })))

    // What it published last comes to the relay, and is rerun or not as the other draws it.
    await network.restart({ rita: CARRY, vera: VERIFY })
    await holdsAfterRestart(network, { rita: CARRY, vera: VERIFY })
  })
})
