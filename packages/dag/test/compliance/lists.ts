import { nodeIdOf, type SporeRecord, type StateFacts } from "@spore/records"
import {
  makeChallenge,
  makeDispute,
  makeExperiment,
  makeProfile,
  makeTask,
  makeVerification,
  randomFacts,
  TEST_EPOCH,
} from "@spore/testkit"
import { describe, expect } from "vitest"
import type {
  ControlRow,
  EvidenceFilter,
  ExperimentFilter,
  ExperimentRow,
  RerunRow,
  Store,
  Verdicts,
} from "../../src/index.ts"
import { votingVerdicts } from "../voting-verdicts.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import {
  alice,
  allPages,
  bob,
  carol,
  childOf,
  expectSound,
  idsOf,
  ingestAll,
  root,
  rowOf,
  statuses,
  task,
} from "./scene.ts"

/** Lists of what is stored, page by page. */
export function describeLists(kind: DatabaseKind): void {
  describe("experiments", () => {
    onDatabase(kind, "are filtered and sorted as asked, page by page", async (database) => {
      const store = await database.open()
      const facts = randomFacts(11, 220)
      await store.ingest(facts.all)
      const all = await allPages((page) => store.experiments({ sort: "oldest" }, page), 500)
      const [first, last] = [all[0], all.at(-1)]
      expect(all.length).toBeGreaterThan(100)
      if (first === undefined || last === undefined) throw new Error("nothing stored")
      const goals = new Map((await store.tasks()).map(({ id, terms }) => [id, terms.metric.goal]))

      const filters: [ExperimentFilter, (row: ExperimentRow) => boolean][] = [
        [{}, () => true],
        [{ author: first.author }, (row) => row.author === first.author],
        [{ parent: first.id }, (row) => row.parent === first.id],
        [{ class: "arm64" }, (row) => row.class === "arm64"],
        [{ status: "crash" }, (row) => row.status === "crash"],
        [{ status: "unranked", class: "x64" }, (row) => row.status === "unranked" && row.class === "x64"],
        [{ verdict: "refuted" }, (row) => row.verdict === "refuted"],
        [{ verified: true }, (row) => row.verdict === "reproduced" || row.verdict === "upheld"],
        [{ verified: false, status: "keep" }, (row) => row.verdict !== "reproduced" && row.status === "keep"],
        [{ candidate: true }, (row) => row.candidate],
        [{ root: true }, (row) => row.parent === null],
        [{ root: true, status: "keep" }, (row) => row.parent === null && row.status === "keep"],
        [{ candidate: false, frontier: true }, (row) => row.frontier && !row.candidate],
        [{ changedAfter: last.seq - 40 }, (row) => row.changed > last.seq - 40],
      ]
      for (const id of goals.keys()) {
        filters.push(
          [{ task: id }, (row) => row.task === id],
          [
            { task: id, class: "x64", status: "keep" },
            (row) => row.task === id && row.class === "x64" && row.status === "keep",
          ],
          [{ task: id, author: first.author }, (row) => row.task === id && row.author === first.author],
        )
      }
      let found = 0
      for (const [filter, matches] of filters) {
        for (const sort of ["newest", "oldest", "best", "changed"] as const) {
          const items = await allPages((page) => store.experiments({ ...filter, sort }, page), 17)
          expect({ filter, sort, items }).toEqual({ filter, sort, items: sorted(all.filter(matches), sort, goals) })
          found += items.length
        }
      }
      expect(found).toBeGreaterThan(1000)
    })

    onDatabase(kind, "come in the order of change once reruns changed what is derived of them", async (database) => {
      const store = await database.open()
      const [a, b] = [childOf(1), childOf(2)]
      await ingestAll(store, task, root, a, b)
      const before = await store.lastSeq()
      expect(idsOf((await store.experiments({ sort: "changed", changedAfter: before })).items)).toEqual([])
      await ingestAll(store, ...[bob, carol].map((key) => makeVerification(key, { task, experiment: a, score: 90 })))
      const { items } = await store.experiments({ sort: "changed", changedAfter: before })
      // What the root displaces or is displaced by may have changed with it.
      expect(items.at(-1)).toMatchObject({ id: a.id, verdict: "refuted", changed: await store.lastSeq() })
      expect(idsOf(items)).not.toContain(b.id)
    })

    onDatabase(kind, "keep their place in a list that grows while it is paged through", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, ...Array.from({ length: 9 }, (_, n) => childOf(n)))
      const page = await store.experiments({ sort: "newest" }, { limit: 5 })
      await ingestAll(store, childOf(10), childOf(11))
      const rest = await store.experiments({ sort: "newest" }, { limit: 100, cursor: page.nextCursor ?? "" })
      expect(idsOf([...page.items, ...rest.items])).toEqual(
        idsOf([...Array.from({ length: 9 }, (_, n) => childOf(8 - n)), root]),
      )
      expect(rest.nextCursor).toBeNull()
    })

    onDatabase(kind, "are refused with a cursor of another list or of nobody's making", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, childOf(1))
      const { nextCursor } = await store.experiments({ sort: "best" }, { limit: 1 })
      const forged = [
        ["x"],
        [null],
        [1.5],
        [1e300],
        [[]],
        [{}],
        ["\u0000", 1, 1],
        [1, "x", "y"],
        [null, null, null],
        [1, null],
      ]
      const cursors = [
        "nonsense",
        "",
        ...forged.map((cursor) => Buffer.from(JSON.stringify(cursor)).toString("base64url")),
      ]
      for (const sort of ["newest", "oldest", "best", "changed"] as const) {
        for (const cursor of sort === "best" ? cursors : [...cursors, nextCursor ?? ""]) {
          await expect(store.experiments({ sort }, { cursor })).rejects.toMatchObject({ code: "bad_cursor" })
        }
      }
      for (const cursor of cursors) {
        await expect(store.activity(undefined, { cursor })).rejects.toMatchObject({ code: "bad_cursor" })
        await expect(store.search("no", {}, { cursor })).rejects.toMatchObject({ code: "bad_cursor" })
        await expect(store.withheld({ cursor })).rejects.toMatchObject({ code: "bad_cursor" })
      }
    })
  })

  describe("activity and changes", () => {
    onDatabase(kind, "list every fact, of all tasks or of one", async (database) => {
      const store = await database.open()
      const other = makeTask(bob, { name: "other" })
      const profile = makeProfile(carol)
      const elsewhere = makeExperiment(bob, { task: other, score: 3 })
      const facts = [task, root, other, elsewhere, profile, childOf(1), childOf(2)]
      await ingestAll(store, ...facts)
      const newestFirst = await allPages((page) => store.activity(undefined, page), 3)
      expect(idsOf(newestFirst)).toEqual(idsOf(facts.toReversed()))
      expect(newestFirst.at(-1)).toEqual({
        seq: 1,
        id: task.id,
        kind: "task",
        task: null,
        author: nodeIdOf(alice.publicKey),
        created: TEST_EPOCH,
      })
      expect(idsOf(await store.changes(0, 100))).toEqual(idsOf(facts))
      expect(idsOf(await store.changes(2, 2))).toEqual(idsOf([other, elsewhere]))
      expect(await store.changes(7, 100)).toEqual([])
      expect(idsOf(await allPages((page) => store.activity(task.id, page), 2))).toEqual(
        idsOf([childOf(2), childOf(1), root]),
      )
      expect(idsOf(await store.changes(2, 100, task.id))).toEqual(idsOf([childOf(1), childOf(2)]))
      expect(await store.changes(0, 100, "unknown")).toEqual([])
    })
  })

  describe("ids and logs", () => {
    onDatabase(kind, "resolve one id by its prefix, and say when it is not one", async (database) => {
      const store = await database.open()
      await ingestAll(store, task, root, childOf(1))
      expect(await store.resolve(root.id.slice(0, 40))).toBe(root.id)
      expect(await store.resolve(root.id, "experiment")).toBe(root.id)
      await expect(store.resolve(root.id, "task")).rejects.toMatchObject({ code: "not_found" })
      await expect(store.resolve("bafyrei")).rejects.toMatchObject({ code: "ambiguous_id" })
      for (const none of ["", "bafyreiz%", "_", "%"]) {
        await expect(store.resolve(none)).rejects.toMatchObject({ code: "not_found" })
      }
      expect(await store.resolve("bafyrei", "task")).toBe(task.id)
    })

    onDatabase(kind, "have every fact in exactly one log, by created and id", async (database) => {
      const store = await database.open()
      const { valid } = randomFacts(5, 150)
      await store.ingest(valid)
      const seen: string[] = []
      for (const log of await store.logs()) {
        const entries = await store.logEntries(log)
        expect(entries).toEqual(entries.toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1)))
        seen.push(...idsOf(entries))
      }
      expect(seen.toSorted()).toEqual(idsOf(valid).toSorted())
      expect(await store.logEntries("legacy")).toEqual([])
      expect(await store.logEntries("task/unknown")).toEqual([])
      expect(await store.envelopes(seen)).toHaveLength(valid.length)
      expect(await store.envelopes([])).toEqual([])
      const objects = await store.objects([...seen, "unknown"])
      expect(idsOf(objects).toSorted()).toEqual(idsOf(valid).toSorted())
      expect(await store.objects([])).toEqual([])
    })
  })

  describe("profiles", () => {
    const profiles = [5, 3, 9, 9, 1].map((age, n) =>
      makeProfile(bob, { created: TEST_EPOCH + age, display_name: `Name ${n}`, bio: `Life ${n}` }),
    )
    const [, , third, fourth] = profiles

    onDatabase(
      kind,
      "show the newest of each key, of equally old ones the lowest id, in any order",
      async (database) => {
        const store = await database.open()
        const expected = [third, fourth].flatMap((p) => p ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1))[0]
        const nodeId = nodeIdOf(bob.publicKey)
        expect(await store.profile(nodeId)).toBeUndefined()
        for (const profile of [...profiles, ...profiles.toReversed()]) await store.ingest([profile])
        expect(await store.profile(nodeId)).toMatchObject({
          id: expected?.id,
          displayName: expected?.body.display_name,
        })
        await store.rebuild()
        expect(await store.profile(nodeId)).toMatchObject({ id: expected?.id, bio: expected?.body.bio })
        expect(await store.profile(nodeIdOf(alice.publicKey))).toBeUndefined()
      },
    )
  })

  describe("controls", () => {
    onDatabase(kind, "list challenges and disputes, and which of them are still open", async (database) => {
      const store = await database.open()
      const rerun = makeVerification(bob, { task, experiment: root, score: 90 })
      const challenge = makeChallenge(bob, { task, experiment: root, evidence: [rerun] })
      const dispute = makeDispute(bob, { task, challenge, evidence: [rerun], outcome: "rejected" })
      await ingestAll(store, task, root, rerun, challenge)
      const mine = nodeIdOf(bob.publicKey)
      expect(idsOf(await store.openChallenges(mine))).toEqual([challenge.id])
      expect(await store.openChallenges(nodeIdOf(carol.publicKey))).toEqual([])
      await ingestAll(store, dispute)
      expect(await store.openChallenges(mine)).toEqual([])
      expect(await store.controls(root.id)).toMatchObject([
        { id: challenge.id, kind: "challenge", experiment: root.id, evidence: [rerun.id], outcome: null, author: mine },
        { id: dispute.id, kind: "dispute", experiment: root.id, evidence: [rerun.id], outcome: "rejected" },
      ])
    })
  })

  describe("verifications and disputes", () => {
    onDatabase(
      kind,
      "are listed of all, by task, author and experiment, newest first, page by page",
      async (database) => {
        const store = await database.open()
        const { valid } = randomFacts(61, 400)
        for (let at = 0; at < valid.length; at += 50) await store.ingest(valid.slice(at, at + 50))
        const reruns: RerunRow[] = []
        const controls: ControlRow[] = []
        for (const { id } of await allPages((page) => store.experiments({}, page), 500)) {
          reruns.push(...(await store.reruns(id)))
          controls.push(...(await store.controls(id)))
        }
        expect(Math.min(reruns.length, controls.length)).toBeGreaterThan(20)
        const newestFirst = <T extends { seq: number }>(rows: T[]): T[] => rows.toSorted((a, b) => b.seq - a.seq)
        for (const { task: taskId, author, experiment } of [
          reruns[0],
          controls[0],
          reruns.at(-1),
          controls.at(-1),
        ].flatMap((row) => row ?? [])) {
          const filters: EvidenceFilter[] = [
            {},
            { task: taskId },
            { author },
            { experiment },
            { task: taskId, author },
            { experiment, author },
            { task: taskId, author, experiment },
            { task: "unknown" },
            { author, experiment: "unknown" },
          ]
          for (const filter of filters) {
            const matches = (row: { task: string; author: string; experiment: string }): boolean =>
              row.task === (filter.task ?? row.task) &&
              row.author === (filter.author ?? row.author) &&
              row.experiment === (filter.experiment ?? row.experiment)
            expect(await allPages((page) => store.verifications(filter, page), 7)).toEqual(
              newestFirst(reruns.filter(matches)),
            )
            expect(await allPages((page) => store.disputes(filter, page), 7)).toEqual(
              newestFirst(controls.filter(matches)),
            )
          }
        }
        for (const cursor of ["nonsense", Buffer.from('["x"]').toString("base64url")]) {
          await expect(store.verifications({}, { cursor })).rejects.toMatchObject({ code: "bad_cursor" })
          await expect(store.disputes({}, { cursor })).rejects.toMatchObject({ code: "bad_cursor" })
        }
      },
    )
  })

  describe("what a policy says of a state", () => {
    /** Knows a noise, and shows nothing apart by less than 10. */
    const noisy: Verdicts = {
      ...votingVerdicts,
      policy: "noisy/1",
      judge: (terms, states) =>
        votingVerdicts.judge(terms, states).map((state) => {
          const isKnown = [...state.experiments.values()].some(({ voters }) => voters > 0)
          return { ...state, error: isKnown ? 0.25 : null, noise: isKnown ? { sd: 0.5, df: 9 } : null }
        }),
      separates: (_terms, better, other) => Math.abs((better.value ?? 0) - (other.value ?? 0)) >= 10,
    }

    onDatabase(kind, "is on the row: error, noise, promotion, and ties on the frontier", async (database) => {
      const store = await database.open({ verdicts: noisy })
      const [better, beside, far] = [49, 45, 30].map((score) =>
        makeExperiment(alice, { task, parent: root, score, code: `worth ${score}` }),
      )
      if (better === undefined || beside === undefined || far === undefined) throw new Error("three were made")
      const rerunBy = (experiment: typeof root, score: number): ReturnType<typeof makeVerification>[] =>
        [bob, carol].map((key) => makeVerification(key, { task, experiment, score }))
      await ingestAll(store, task, root, better, beside, ...rerunBy(better, 49), ...rerunBy(beside, 45))
      expect(await rowOf(store, root)).toMatchObject({ error: null, noise: null, promoted: false, frontier: true })
      expect(await rowOf(store, better)).toMatchObject({ error: 0.25, noise: { sd: 0.5, df: 9 }, promoted: true })
      const ties = async (): Promise<unknown> =>
        (await store.frontier(task.id, "x64")).map(({ id, tied }): unknown => [id, tied])
      expect(await ties()).toEqual([
        [beside.id, true],
        [better.id, true],
        [root.id, true],
      ])
      await ingestAll(store, far, ...rerunBy(far, 30))
      expect(await ties()).toEqual([
        [far.id, true],
        [beside.id, false],
        [better.id, false],
        [root.id, false],
      ])
      await expectSound(store)
    })

    onDatabase(kind, "in numbers alone leaves the digest, which names what follows from them", async (database) => {
      const store = await database.open({ verdicts: noisy })
      await store.ingest(randomFacts(62, 120).all)
      const digest = await store.digest()
      await store.close()
      const wider: Verdicts = {
        ...noisy,
        judge: (terms, states) => noisy.judge(terms, states).map((state) => ({ ...state, error: 7, explanation: "x" })),
      }
      const again = await database.open({ verdicts: wider })
      await again.rebuild()
      expect((await again.experiments({})).items[0]?.error).toBe(7)
      expect(await again.digest()).toBe(digest)
    })
  })

  describe("a code state", () => {
    onDatabase(kind, "is read as the verdicts that judged it last saw it", async (database) => {
      const judged = new Map<string, StateFacts>()
      const verdicts: Verdicts = {
        ...votingVerdicts,
        judge: (terms, states) => {
          for (const state of states) judged.set(`${terms.metric.name} ${state.class} ${state.code}`, state)
          return votingVerdicts.judge(terms, states)
        },
      }
      const store = await database.open({ verdicts })
      // Of the three tasks two measure `loss`, but only one by architecture.
      const facts = randomFacts(5, 160)
      for (const fact of facts.all) await store.ingest([fact])
      const [exact] = facts.valid
      if (exact === undefined) throw new Error("nothing stored")
      const rows = await allPages((page) => store.experiments({ task: exact.id }, page), 500)
      expect(rows.length).toBeGreaterThan(20)
      let reruns = 0
      for (const { task: taskId, class: className, code } of rows) {
        const state = await store.state({ task: taskId, class: className, code })
        expect(state).toEqual(judged.get(`loss ${className} ${code}`))
        reruns += state?.measurements.filter((m) => m.kind !== "experiment").length ?? 0
      }
      expect(reruns).toBeGreaterThan(10)
      const [first] = rows
      expect(await store.state({ task: exact.id, class: "x64", code: "unknown" })).toBeUndefined()
      expect(await store.state({ task: exact.id, class: "mips", code: first?.code ?? "" })).toBeUndefined()
    })
  })

  describe("local values", () => {
    onDatabase(kind, "are kept over a restart, replaced and removed", async (database) => {
      let store = await database.open()
      await store.setLocal("pinned", "one")
      await store.setLocal("pinned", "two")
      await store.close()
      store = await database.open()
      expect(await store.getLocal("pinned")).toBe("two")
      await store.setLocal("pinned", null)
      expect(await store.getLocal("pinned")).toBeUndefined()
    })
  })

  describe("a task", () => {
    onDatabase(kind, "that maximises lists its best by the greatest value", async (database) => {
      const store = await database.open()
      const metric = { goal: "maximize", minEffect: 0, min: null, max: null } as const
      const up = makeTask(alice, { name: "up", metric })
      const base = makeExperiment(alice, { task: up, score: -3 })
      const children = [-5, 0, 4, 4, 1e300, -1e300].map((score, n) =>
        makeExperiment(alice, { task: up, parent: base, score, code: `up ${n}` }),
      )
      await ingestAll(store, up, base, ...children)
      const values = (await allPages((page) => store.experiments({ task: up.id, sort: "best" }, page), 2)).map(
        ({ value }) => value,
      )
      expect(values).toEqual([1e300, 4, 4, 0, -3, -5, -1e300])
      expect(await bestOf(store, up)).toBe(children[4]?.id)
      expect(await statuses(store, [makeExperiment(alice, { task: up, score: -3 })])).toEqual(["known"])
      expect((await rowOf(store, base)).status).toBe("keep")
    })
  })
}

async function bestOf(store: Store, { id }: SporeRecord<"task">): Promise<string | undefined> {
  return (await store.task(id))?.standings[0]?.best?.id
}

function sorted(
  rows: readonly ExperimentRow[],
  sort: NonNullable<ExperimentFilter["sort"]>,
  goals: ReadonlyMap<string, string>,
): ExperimentRow[] {
  const cost = (row: ExperimentRow): number => (row.value ?? 0) * (goals.get(row.task) === "maximize" ? -1 : 1)
  switch (sort) {
    case "newest":
      return rows.toSorted((a, b) => b.seq - a.seq)
    case "oldest":
      return rows.toSorted((a, b) => a.seq - b.seq)
    case "changed":
      return rows.toSorted((a, b) => a.changed - b.changed || a.seq - b.seq)
    case "best":
      return rows
        .filter(({ value }) => value !== null)
        .toSorted((a, b) => cost(a) - cost(b) || a.created - b.created || (a.id < b.id ? -1 : 1))
  }
}
