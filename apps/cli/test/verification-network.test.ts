import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { until } from "@spore/testkit"
import type { Control } from "@spore/api/client"
import { atRelay, byHand, imitate } from "./support/hand.ts"
import { BETTER, countingModel, packing, type RealRecords, research } from "./support/real-records.ts"
import { CARRY, holdsAfterRestart, LONG, type RelayNetwork, relayNetwork, VERIFY } from "./support/relay-network.ts"
import { ABSENT, sandboxed } from "./support/sandboxed.ts"

/** Takes some seconds and changes nothing: time to be killed in. */
const BUSY = "for (let turns = 0; turns < 1.5e9; ) turns += 1\n"

/** Real runs of char-lm and circle-packing; author and verifiers are never online together and meet only a relay. */
describe.skipIf(!sandboxed)(`claims on bundled tasks, rerun by verifiers behind a relay${ABSENT}`, () => {
  let network: RelayNetwork
  let charLm: RealRecords
  let circles: RealRecords
  const everyone = { author: CARRY, ada: VERIFY, bob: VERIFY }

  beforeAll(async () => {
    network = await relayNetwork()
    const author = join(network.home.path, "author")
    charLm = await research(author, "char-lm", await countingModel())
    circles = await research(author, "circle-packing", await packing(BETTER))
  }, 900_000)

  afterAll(() => network[Symbol.asyncDispose]())

  it(
    "reproduces honest ones of exact and of artifact replay, and promotes what is better",
    { timeout: 900_000 },
    async () => {
      const honest = [charLm.baseline, charLm.better, circles.baseline, circles.better]
      const all = (words: string): Record<string, string> => Object.fromEntries(honest.map(({ id }) => [id, words]))
      await network.online("author", CARRY, () => atRelay(network, honest))
      await network.judges(all("unverified"))
      await network.online("ada", VERIFY, () => network.judges(all("reproduced 1/1")))
      expect(await network.rows(charLm.better.id, circles.better.id)).toMatchObject([
        { candidate: true, promoted: false, frontier: false },
        { candidate: true, promoted: false, frontier: false },
      ])
      await network.online("bob", VERIFY, () => network.judges(all("reproduced 2/2")))

      for (const look of ["before", "after"]) {
        if (look === "after") await holdsAfterRestart(network, everyone)
        for (const { baseline, better } of [charLm, circles]) {
          expect(await network.rows(baseline.id, better.id)).toMatchObject([
            { status: "keep", verdict: "reproduced", promoted: false, frontier: true },
            { status: "keep", verdict: "reproduced", promoted: true, frontier: true, value: better.body.run.scores[0] },
          ])
        }
      }
    },
  )

  it("refutes forged scores by two keys, and records how the challenge ended", { timeout: 900_000 }, async () => {
    const forged = await byHand(network, "forger", [charLm.baseline, circles.baseline], async (forger) => [
      await imitate(forger, {
        of: charLm.better,
        parent: charLm.baseline,
        score: 1.5,
        code: `${await countingModel()}// forged\n`,
      }),
      // What it carries is the honest packing.
      await imitate(forger, {
        of: circles.better,
        parent: circles.baseline,
        score: 2.6359,
        code: `${await packing(BETTER)}// forged\n`,
      }),
    ])
    const ids = forged.map(({ id }) => id)
    const all = (words: string): Record<string, string> => Object.fromEntries(ids.map((id) => [id, words]))
    await network.judges(all("unverified"))
    expect(await network.rows(...ids)).toMatchObject(
      forged.map(() => ({ status: "keep", candidate: true, promoted: false })),
    )

    await network.online("ada", VERIFY, () => network.judges(all("challenged 0/1")))
    await network.online("bob", VERIFY, () => network.judges(all("refuted 0/2")))
    // The challenger learns of it when it comes again.
    const ada = await network.nodeId("ada")
    const disputes = async (id: string): Promise<Control[]> =>
      (await network.relay.disputes(id)).items.filter(({ kind }) => kind === "dispute")
    await network.online("ada", VERIFY, async () => {
      for (const id of ids) await until(async () => (await disputes(id)).length > 0, { ...LONG, what: "a dispute" })
    })

    for (const look of ["before", "after"]) {
      if (look === "after") await holdsAfterRestart(network, everyone)
      for (const id of ids) {
        expect(await disputes(id)).toMatchObject([
          { node: ada, outcome: "rejected", evidence: [expect.any(String), expect.any(String)] },
        ])
      }
      const refuted = { verdict: "refuted", candidate: false, frontier: false, promoted: false }
      expect(await network.rows(...ids)).toMatchObject([refuted, refuted])
      expect(await network.rows(charLm.better.id, circles.better.id)).toMatchObject([
        { frontier: true },
        { frontier: true },
      ])
    }
  })

  it("reruns once what a verifier was killed in the middle of", { timeout: 900_000 }, async () => {
    // Another code state of the same score: a remark changes no score.
    const [again] = await byHand(network, "author", [charLm.baseline], async (author) => [
      await imitate(author, {
        of: charLm.better,
        parent: charLm.baseline,
        score: charLm.better.body.run.scores[0] ?? NaN,
        code: `${await countingModel()}// once more\n${BUSY}`,
      }),
    ])
    const id = again?.id ?? ""
    const reruns = async (): Promise<string[]> => (await network.relay.verifications(id)).items.map(({ node }) => node)
    await network.online("ada", VERIFY, async (node) => {
      await until(async () => (await node.client.status()).activities.some(({ experiment }) => experiment === id), {
        ...LONG,
        what: "its rerun",
      })
      await node.kill()
    })
    expect(await reruns()).toEqual([])

    await network.online("ada", VERIFY, () => network.judges({ [id]: "reproduced 1/1" }))
    await network.online("bob", VERIFY, () => network.judges({ [id]: "reproduced 2/2" }))
    await holdsAfterRestart(network, everyone)
    expect((await reruns()).toSorted()).toEqual([await network.nodeId("ada"), await network.nodeId("bob")].toSorted())
  })
})
