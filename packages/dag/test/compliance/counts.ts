import { type AnyRecord, nodeIdOf, seededRandom, type SporeRecord } from "@spore/records"
import { factsOf, randomBelow, randomFacts, referenceRows, shuffled } from "@spore/testkit"
import { describe, expect } from "vitest"
import type { AuthorRow, Store } from "../../src/index.ts"
import { votingVerdicts } from "../voting-verdicts.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { allPages, expectSound } from "./scene.ts"

/** The counts kept beside tasks, classes and authors, against counts from scratch. */
export function describeCounts(kind: DatabaseKind): void {
  describe("counts", () => {
    for (const seed of [1, 2]) {
      onDatabase(kind, `of tasks, classes and authors are those of the facts (seed ${seed})`, async (database) => {
        const store = await database.open()
        const random = seededRandom(seed)
        const facts = randomFacts(seed, 260)
        const order = shuffled(random, facts.all)
        for (let at = 0; at < order.length;) {
          const size = 1 + randomBelow(random, 60)
          await store.ingest(order.slice(at, at + size))
          at += size
        }
        expect(await countsOf(store)).toEqual(countsFromScratch(facts.valid))
        const tasks = await store.tasks()
        for (const [id, authors] of authorsFromScratch(facts.valid)) {
          expect(await allPages((page) => store.authors(id, page), 1)).toEqual(authors)
        }
        const everybody = allAuthors(facts.valid)
        expect(await allPages((page) => store.authors(undefined, page), 2)).toEqual(everybody)
        for (const author of everybody) {
          const { tasks: work, ...sums } = await store.author(author.nodeId)
          expect(sums).toEqual(author)
          expect(work.reduce((sum, { experiments }) => sum + experiments, 0)).toBe(author.experiments)
          expect(await store.authorIds(author.nodeId.slice(0, 14), 2)).toEqual([author.nodeId])
        }
        expect(await store.counts()).toMatchObject({
          experiments: everybody.reduce((sum, { experiments }) => sum + experiments, 0),
          kept: everybody.reduce((sum, { kept }) => sum + kept, 0),
          verifications: everybody.reduce((sum, { verifications }) => sum + verifications, 0),
          authors: everybody.length,
        })
        const sorted = tasks.toSorted(
          (a, b) => b.authors - a.authors || b.experiments - a.experiments || (a.id < b.id ? -1 : 1),
        )
        expect(tasks).toEqual(sorted)
        expect(await allPages((page) => store.taskPage(page), 1)).toEqual(tasks)
        for (const { id, standings } of tasks) {
          for (const standing of standings) expect(await store.standing(id, standing.class)).toEqual(standing)
        }
        expect(await store.counts()).toMatchObject({ tasks: tasks.length })
        await expectSound(store)
      })
    }
  })
}

interface TaskCounts {
  experiments: number
  kept: number
  authors: number
  lastActivity: number | null
  standings: Record<string, ClassCounts>
}

interface ClassCounts {
  experiments: number
  authors: number
  candidates: number
  frontier: number
  best: string | null
  baseline: number | null
}

async function countsOf(store: Store): Promise<Record<string, TaskCounts>> {
  const counts: Record<string, TaskCounts> = {}
  for (const { id, experiments, kept, authors, lastActivity, standings } of await store.tasks()) {
    const classes = standings.map((standing): [string, ClassCounts] => {
      const { class: name, best, experiments: members, authors: keys, candidates, frontier, baseline } = standing
      return [name, { experiments: members, authors: keys, candidates, frontier, baseline, best: best?.id ?? null }]
    })
    counts[id] = { experiments, kept, authors, lastActivity, standings: Object.fromEntries(classes) }
  }
  return counts
}

type Measuring = SporeRecord<"experiment"> | SporeRecord<"verification"> | SporeRecord<"challenge_response">

function isMeasuring(record: AnyRecord): record is Measuring {
  return record.kind === "experiment" || record.kind === "verification" || record.kind === "challenge_response"
}

function ofTask(facts: readonly AnyRecord[], id: string): AnyRecord[] {
  return facts.filter(({ body }) => "task" in body && body.task.toString() === id)
}

function countsFromScratch(facts: readonly AnyRecord[]): Record<string, TaskCounts> {
  const derived = referenceRows(facts, votingVerdicts)
  const counts: Record<string, TaskCounts> = {}
  for (const task of facts) {
    if (task.kind !== "task") continue
    const own = ofTask(facts, task.id)
    const { experiments, reruns } = factsOf(task, facts)
    const standings: Record<string, ClassCounts> = {}
    for (const name of new Set(experiments.map((experiment) => experiment.class))) {
      const members = experiments.filter((experiment) => experiment.class === name)
      const marked = (mark: "candidate" | "frontier" | "promoted"): typeof members =>
        members.filter(({ id }) => derived.get(id)?.[mark] === true)
      const byValue = (list: typeof members): typeof members => {
        const sign = task.body.metric.goal === "minimize" ? 1 : -1
        const value = (id: string): number => (derived.get(id)?.value ?? 0) * sign
        return list.toSorted((a, b) => value(a.id) - value(b.id) || a.created - b.created || (a.id < b.id ? -1 : 1))
      }
      const [baseline] = members
        .filter(({ parent, id }) => parent === null && derived.get(id)?.status === "keep")
        .toSorted((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1))
      const promoted = marked("promoted").filter(({ id }) => derived.get(id)?.frontier === true)
      standings[name] = {
        experiments: members.length,
        authors: new Set([...members, ...reruns.filter((rerun) => rerun.class === name)].map(({ author }) => author))
          .size,
        candidates: marked("candidate").filter(({ id }) => derived.get(id)?.frontier !== true).length,
        frontier: marked("frontier").length,
        best: (byValue(promoted)[0] ?? byValue(marked("candidate"))[0])?.id ?? null,
        baseline: baseline === undefined ? null : (derived.get(baseline.id)?.value ?? null),
      }
    }
    counts[task.id] = {
      experiments: experiments.length,
      kept: experiments.filter(({ id }) => derived.get(id)?.status === "keep").length,
      authors: new Set(own.filter(isMeasuring).map(({ body }) => nodeIdOf(body.author))).size,
      lastActivity: own.length === 0 ? null : Math.max(...own.map(({ body }) => body.created)),
      standings,
    }
  }
  return counts
}

function authorsFromScratch(facts: readonly AnyRecord[]): Map<string, AuthorRow[]> {
  const derived = referenceRows(facts, votingVerdicts)
  const tasks = facts.filter(({ kind }) => kind === "task")
  return new Map(
    tasks.map(({ id }) => {
      const own = ofTask(facts, id)
      const rows = [...new Set(own.map(({ body }) => nodeIdOf(body.author)))].map((nodeId): AuthorRow => {
        const by = own.filter(({ body }) => nodeIdOf(body.author) === nodeId)
        return {
          nodeId,
          name: nameFromScratch(facts, nodeId),
          experiments: by.filter(({ kind }) => kind === "experiment").length,
          kept: by.filter((record) => derived.get(record.id)?.status === "keep").length,
          verifications: by.filter((record) => isMeasuring(record) && record.kind !== "experiment").length,
          lastActivity: Math.max(...by.map(({ body }) => body.created)),
        }
      })
      return [id, busiestFirst(rows)]
    }),
  )
}

function nameFromScratch(facts: readonly AnyRecord[], nodeId: string): string | null {
  const [newest] = facts
    .flatMap(({ id, body }) => (body.kind === "profile" && nodeIdOf(body.author) === nodeId ? [{ id, body }] : []))
    .toSorted((a, b) => b.body.created - a.body.created || (a.id < b.id ? -1 : 1))
  return newest === undefined || newest.body.display_name === "" ? null : newest.body.display_name
}

function allAuthors(facts: readonly AnyRecord[]): AuthorRow[] {
  const sums = new Map<string, AuthorRow>()
  for (const row of [...authorsFromScratch(facts).values()].flat()) {
    const sum = sums.get(row.nodeId)
    sums.set(row.nodeId, {
      nodeId: row.nodeId,
      name: row.name,
      experiments: row.experiments + (sum?.experiments ?? 0),
      kept: row.kept + (sum?.kept ?? 0),
      verifications: row.verifications + (sum?.verifications ?? 0),
      lastActivity: Math.max(row.lastActivity ?? 0, sum?.lastActivity ?? 0),
    })
  }
  return busiestFirst([...sums.values()])
}

function busiestFirst(rows: readonly AuthorRow[]): AuthorRow[] {
  const work = (row: AuthorRow): number => row.experiments + row.verifications
  return rows.filter((row) => work(row) > 0).toSorted((a, b) => work(b) - work(a) || (a.nodeId < b.nodeId ? -1 : 1))
}
