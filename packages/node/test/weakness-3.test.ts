import { createStore, type ExperimentRow, sporeProjection, type Store } from "@spore/dag"
import { type LegacyFields, type LegacyObject, legacyProjection, pyObject, signLegacy } from "@spore/legacy"
import {
  createIdentity,
  encodeCanonical,
  nodeIdOf,
  openEnvelope,
  type SignedObject,
  signedMessage,
  type SporeRecord,
  toHex,
} from "@spore/records"
import {
  makeChallenge,
  makeChallengeResponse,
  makeDispute,
  makeExperiment,
  makeTask,
  makeVerification,
  testIdentity,
} from "@spore/testkit"
import { createVerdicts } from "@spore/verify"
import { describe, expect, it } from "vitest"
import { experiment as legacyExperiment } from "./legacy-made.ts"

// In 0.6 one key forged disputes with invented verifiers about invented experiments, a publisher verified itself, and
// whoever squatted an event_id kept the honest event out.

function open(): Promise<Store> {
  return createStore({
    path: ":memory:",
    clock: { now: () => 4_000_000_000_000 },
    verdicts: createVerdicts(),
    projections: [sporeProjection, legacyProjection()],
  })
}

/** A row without when it changed. */
type Row = ExperimentRow & { readonly changed: 0 }

function timeless(row: ExperimentRow): Row {
  return { ...row, changed: 0 }
}

/** Everything derived: rows, frontiers, standings, digest. */
async function derived(store: Store): Promise<{ rows: Row[]; frontiers: unknown; tasks: unknown; digest: string }> {
  const { items } = await store.experiments({ sort: "oldest" }, { limit: 500 })
  const rows = items.map(timeless)
  const classes = new Set(rows.map((row) => `${row.task} ${row.class}`))
  const frontiers: unknown[] = []
  for (const place of classes) {
    const [task = "", ...name] = place.split(" ")
    frontiers.push((await store.frontier(task, name.join(" "))).map(timeless))
  }
  const tasks = (await store.tasks()).map(({ experiments, kept, standings }) => {
    const standing = standings.map(({ best, bestPromoted, baseline, candidates, frontier }) => {
      return { best: best?.id, bestPromoted, baseline, candidates, frontier }
    })
    return { experiments, kept, standing }
  })
  return { rows, frontiers, tasks, digest: await store.digest() }
}

/** Ingests what must all be taken, and moves nothing that is derived. */
async function expectNothingMoves(store: Store, attack: readonly SignedObject[], status = "stored"): Promise<void> {
  const before = await derived(store)
  expect((await store.ingest(attack)).map((result) => result.status)).toEqual(attack.map(() => status))
  expect(await derived(store)).toEqual(before)
  expect((await store.check()).differences).toEqual([])
}

async function rowOf(store: Store, { id }: { readonly id: string }): Promise<ExperimentRow> {
  const row = await store.experiment(id)
  if (row === undefined) throw new Error(`${id} is not stored`)
  return row
}

describe("weakness 3: in Spore's own network", () => {
  const [alice, bob, carol] = [testIdentity(1), testIdentity(2), testIdentity(3)]
  const [dave, mallory] = [testIdentity(4), testIdentity(9)]
  const modes = [
    ["exact replay", makeTask(alice, { metric: { minEffect: 0 } }), 0],
    ["noisy replay", makeTask(alice, { replay: { mode: "noisy", replicates: 1 }, metric: { minEffect: 0 } }), 0.01],
  ] as const

  /** A baseline, a promoted victim, a suspect and an experiment that nobody reran. */
  function scene(
    task: SporeRecord<"task">,
    noise: number,
  ): {
    victim: SporeRecord<"experiment">
    suspect: SporeRecord<"experiment">
    alone: SporeRecord<"experiment">
    honest: SporeRecord<"verification">
    facts: SignedObject[]
  } {
    const root = makeExperiment(alice, { task, score: 50 })
    const victim = makeExperiment(alice, { task, parent: root, score: 40, code: "victim" })
    const suspect = makeExperiment(alice, { task, parent: root, score: 30, code: "suspect" })
    const alone = makeExperiment(alice, { task, parent: victim, score: 39, code: "alone" })
    const others = Array.from({ length: 6 }, (_, n) =>
      makeExperiment(alice, { task, parent: root, score: 60 + n, code: `other ${n}` }),
    )
    const reruns = [root, victim, ...others].flatMap((experiment, n) =>
      [bob, carol, dave].map((key, k) => {
        const score = (experiment.body.run.scores[0] ?? 0) + noise * (((n + 2 * k) % 5) - 2)
        return makeVerification(key, { task, experiment, score })
      }),
    )
    const contested = makeVerification(bob, { task, experiment: suspect, score: 45 })
    const honest = reruns.find(({ body }) => body.experiment.equals(victim.cid))
    if (honest === undefined) throw new Error("the victim was rerun")
    return {
      victim,
      suspect,
      alone,
      honest,
      facts: [task, root, victim, suspect, alone, ...others, ...reruns, contested],
    }
  }

  it.each(modes)("weakness 3: the honest scene has what an attack could move: %s", async (_name, task, noise) => {
    const store = await open()
    const { victim, suspect, alone, facts } = scene(task, noise)
    await store.ingest(facts)
    expect(await rowOf(store, victim)).toMatchObject({
      verdict: "reproduced",
      voters: 3,
      promoted: true,
      frontier: true,
    })
    expect(await rowOf(store, suspect)).toMatchObject({ verdict: "suspect", voters: 1 })
    expect(await rowOf(store, alone)).toMatchObject({ verdict: "unverified", voters: 0, candidate: true })
    await store.close()
  })

  it.each(modes)("weakness 3: forged disputes, whatever they remark, move nothing: %s", async (_name, task, noise) => {
    const store = await open()
    const { victim, suspect, honest, facts } = scene(task, noise)
    await store.ingest(facts)
    const [contested] = await store.reruns(suspect.id)
    const rerun = await store.get(contested?.id ?? "")
    if (rerun?.kind !== "verification") throw new Error("the suspect was rerun")
    const bare = makeChallenge(mallory, { task, experiment: victim, evidence: [honest] })
    await expectNothingMoves(store, [bare])
    for (const outcome of ["rejected", "upheld", "inconclusive"] as const) {
      await expectNothingMoves(store, [makeDispute(mallory, { task, challenge: bare, evidence: [honest], outcome })])
    }
    // A due challenge is believed for its evidence; the dispute about it is not.
    const due = makeChallenge(mallory, { task, experiment: suspect, evidence: [rerun] })
    await store.ingest([due])
    expect((await rowOf(store, suspect)).verdict).toBe("challenged")
    for (const outcome of ["rejected", "upheld"] as const) {
      await expectNothingMoves(store, [makeDispute(mallory, { task, challenge: due, evidence: [rerun], outcome })])
    }
    await store.close()
  })

  it.each(modes)("weakness 3: an invented verifier signs nothing: %s", async (_name, task, noise) => {
    const { honest } = scene(task, noise)
    for (const body of [honest.body, { ...honest.body, author: carol.publicKey }]) {
      const payload = encodeCanonical({ ...body, run: { ...body.run, scores: [99] } })
      const forged = encodeCanonical([payload, mallory.sign(signedMessage("verification", payload))])
      expect(() => openEnvelope(forged)).toThrow(expect.objectContaining({ code: "bad_signature" }))
    }
  })

  it.each(modes)(
    "weakness 3: reruns and challenges of invented experiments wait for ever: %s",
    async (_name, task, noise) => {
      const store = await open()
      await store.ingest(scene(task, noise).facts)
      const invented = makeExperiment(alice, { task, score: 1, code: "never published" })
      const rerun = makeVerification(mallory, { task, experiment: invented, score: 99 })
      const challenge = makeChallenge(mallory, { task, experiment: invented, evidence: [rerun] })
      const dispute = makeDispute(mallory, { task, challenge, evidence: [rerun], outcome: "rejected" })
      await expectNothingMoves(store, [rerun, challenge, dispute], "pending")
      expect(await store.wanted()).toContain(invented.id)
      await store.close()
    },
  )

  it.each(modes)("weakness 3: a self-verification is no vote: %s", async (_name, task, noise) => {
    const store = await open()
    const { alone, facts } = scene(task, noise)
    await store.ingest(facts)
    const own = makeVerification(alice, { task, experiment: alone, score: 39 })
    const challenge = makeChallenge(alice, { task, experiment: alone, evidence: [own] })
    const response = makeChallengeResponse(alice, { task, experiment: alone, challenge, score: 39 })
    await expectNothingMoves(store, [own, challenge, response])
    expect((await store.reruns(alone.id)).map(({ eligible }) => eligible)).toEqual([false, false])
    await store.close()
  })

  it.each(modes)(
    "weakness 3: a bare challenge changes nothing, before or after the reruns: %s",
    async (_name, task, noise) => {
      const { victim, honest, facts } = scene(task, noise)
      const bare = makeChallenge(mallory, { task, experiment: victim, evidence: [honest] })
      const store = await open()
      await store.ingest(facts)
      const digest = await store.digest()
      await expectNothingMoves(store, [bare])
      const first = await open()
      await first.ingest([bare, ...facts.toReversed()])
      expect(await first.digest()).toBe(digest)
      expect((await rowOf(first, victim)).verdict).toBe("reproduced")
      await Promise.all([store.close(), first.close()])
    },
  )

  it("weakness 3: no fact can take another's id, and equal reruns of two keys are two facts", async () => {
    const [, task, noise] = modes[0]
    const { victim, honest, facts } = scene(task, noise)
    const store = await open()
    // All but the signature's key is copied from bob's, and comes first.
    const copy = makeVerification(mallory, { task, experiment: victim, score: 40 })
    await store.ingest([...facts.filter(({ id }) => id !== honest.id), copy])
    expect(copy.id).not.toBe(honest.id)
    expect(await store.ingest([honest])).toEqual([{ id: honest.id, status: "stored" }])
    const reruns = await store.reruns(victim.id)
    expect(reruns.map(({ author }) => author)).toContain(nodeIdOf(bob.publicKey))
    expect(await rowOf(store, victim)).toMatchObject({ voters: 4, verdict: "reproduced" })
    await store.close()
  })
})

describe("weakness 3: in the 0.6 network", () => {
  const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  const [alice, bob, carol, dave, mallory] = [seed(1), seed(2), seed(3), seed(4), seed(9)]
  const keyOf = (key: Uint8Array): string => toHex(createIdentity(key).publicKey)
  const hex = (n: number): string => n.toString(16).padStart(64, "0")

  function control(
    kind: "legacy_verification" | "legacy_challenge" | "legacy_challenge_response" | "legacy_dispute",
    by: Uint8Array,
    of: { readonly id: string },
    fields: LegacyFields = {},
  ): LegacyObject {
    const common = { event_id: `${kind.slice(7)}:${of.id}:${keyOf(by)}`, experiment_id: of.id, task_id: hex(0) }
    const [key, other] = [keyOf(by), keyOf(alice)]
    const verifier = { verifier_id: key, verifier_gpu: "RTX_4090", verifier_bpb: 1.25 }
    const payload = {
      legacy_verification: { ...verifier, verified_node_id: other, is_frontier: true },
      legacy_challenge: { challenger_id: key, challenger_bpb: 9.9, challenger_gpu: "RTX_4090" },
      legacy_challenge_response: { ...verifier, challenger_id: other },
      legacy_dispute: {
        original_node_id: other,
        challenger_id: key,
        challenger_bpb: 9.9,
        outcome: "rejected",
        ground_truth_bpb: 9.9,
        verifier_count: 3n,
        winner_verifier_ids: [key],
        loser_verifier_ids: [other],
      },
    }[kind]
    return signLegacy(by, kind, { payload: pyObject({ ...common, ...payload, ...fields }), timestamp: 1_760_000_100n })
  }

  const root = legacyExperiment({ code_cid: hex(1), val_bpb: 1.25 })
  const child = (n: number, val: number): LegacyObject =>
    legacyExperiment({ parent: root.id, code_cid: hex(n), val_bpb: val, timestamp: BigInt(1_760_000_000 + n) })
  const [victim, suspect, alone] = [child(2, 1.1), child(3, 1), child(4, 1.05)]
  const others = Array.from({ length: 6 }, (_, n) => child(10 + n, 1.3 + n / 100))
  const honest = [root, victim, ...others].flatMap((of, n) =>
    [bob, carol, dave].map((by, k) => {
      const claimed = [1.25, 1.1][n] ?? 1.3 + (n - 2) / 100
      return control("legacy_verification", by, of, { verifier_bpb: claimed + 0.0005 * (((n + 2 * k) % 5) - 2) })
    }),
  )
  const contested = control("legacy_verification", bob, suspect, { verifier_bpb: 1.2 })
  const scene = [root, victim, suspect, alone, ...others, ...honest, contested]

  async function atPeace(): Promise<Store> {
    const store = await open()
    await store.ingest(scene)
    return store
  }

  it("weakness 3: the honest scene has what an attack could move", async () => {
    const store = await atPeace()
    expect(await rowOf(store, victim)).toMatchObject({
      verdict: "reproduced",
      voters: 3,
      status: "keep",
      frontier: true,
    })
    expect(await rowOf(store, suspect)).toMatchObject({ verdict: "suspect", voters: 1 })
    expect(await rowOf(store, alone)).toMatchObject({ verdict: "unverified", voters: 0 })
    await store.close()
  })

  it("weakness 3: forged disputes with winners, losers and a ground truth of their own move nothing", async () => {
    const store = await atPeace()
    for (const target of [victim, suspect, alone]) {
      for (const outcome of ["rejected", "upheld", "of its own"]) {
        const names = { winner_verifier_ids: [keyOf(mallory), hex(7)], loser_verifier_ids: [keyOf(bob), keyOf(alice)] }
        await expectNothingMoves(store, [
          control("legacy_dispute", mallory, target, { outcome, ...names, verifier_count: 99n }),
        ])
      }
    }
    const { items } = await store.disputes({ experiment: victim.id })
    expect(items.map(({ outcome, author }) => [outcome, author])).toEqual(
      ["inconclusive", "upheld", "rejected"].map((outcome) => [outcome, createIdentity(mallory).nodeId]),
    )
    await store.close()
  })

  it("weakness 3: an invented verifier or challenger cannot be signed for", () => {
    for (const kind of ["legacy_verification", "legacy_challenge_response"] as const) {
      expect(() => control(kind, mallory, victim, { verifier_id: keyOf(carol) })).toThrow(
        expect.objectContaining({ code: "wrong_signer" }),
      )
    }
    for (const kind of ["legacy_challenge", "legacy_dispute"] as const) {
      expect(() => control(kind, mallory, victim, { challenger_id: keyOf(carol) })).toThrow(
        expect.objectContaining({ code: "wrong_signer" }),
      )
    }
  })

  it("weakness 3: events about invented experiments wait for ever", async () => {
    const store = await atPeace()
    const kinds = ["legacy_verification", "legacy_challenge", "legacy_challenge_response", "legacy_dispute"] as const
    const events = kinds.map((kind) => control(kind, mallory, { id: hex(99) }))
    await expectNothingMoves(store, events, "pending")
    expect(await store.wanted()).toEqual([hex(99)])
    await store.close()
  })

  it("weakness 3: the author's own verification and response are no votes", async () => {
    const store = await atPeace()
    const own = ["legacy_verification", "legacy_challenge_response"] as const
    await expectNothingMoves(
      store,
      own.map((kind) => control(kind, alice, alone, { verifier_bpb: 1.05 })),
    )
    expect((await store.reruns(alone.id)).map(({ eligible }) => eligible)).toEqual([false, false])
    await store.close()
  })

  it("weakness 3: a challenge carries no evidence, and changes nothing", async () => {
    const store = await atPeace()
    for (const target of [victim, suspect, alone]) {
      await expectNothingMoves(store, [control("legacy_challenge", mallory, target)])
    }
    expect((await rowOf(store, suspect)).verdict).toBe("suspect")
    await store.close()
  })

  it("weakness 3: squatting an event_id blocks nothing: the honest event counts, whichever comes first", async () => {
    const event = control("legacy_verification", bob, victim, { verifier_bpb: 1.1 - 0.0005 })
    expect(honest.map(({ id }) => id)).toContain(event.id)
    const squatted = { event_id: `verification:${victim.id}:${keyOf(bob)}` }
    const squatter = control("legacy_challenge", mallory, victim, squatted)
    const digests = new Set<string>()
    for (const order of [
      [squatter, ...scene],
      [...scene, squatter],
      [squatter, ...scene.toReversed()],
    ]) {
      const store = await open()
      const results = await store.ingest(order)
      expect(results.find(({ id }) => id === event.id)?.status).toBe("stored")
      expect((await store.reruns(victim.id)).map(({ id }) => id)).toContain(event.id)
      expect(await rowOf(store, victim)).toMatchObject({ verdict: "reproduced", voters: 3 })
      digests.add(await store.digest())
      // What measures under a name that is taken counts by its signer, like any other.
      await store.ingest([control("legacy_verification", mallory, victim, { ...squatted, verifier_bpb: 1.1 })])
      expect(await rowOf(store, victim)).toMatchObject({ verdict: "reproduced", voters: 4 })
      await store.close()
    }
    const peace = await atPeace()
    expect(digests).toEqual(new Set([await peace.digest()]))
    await peace.close()
  })
})
