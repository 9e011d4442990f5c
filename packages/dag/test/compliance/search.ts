import type { SporeRecord } from "@spore/records"
import { makeExperiment, makeProfile, makeTask } from "@spore/testkit"
import { describe, expect } from "vitest"
import type { SearchHit, Store } from "../../src/index.ts"
import { type DatabaseKind, onDatabase } from "./database.ts"
import { alice, allPages, bob, ingestAll, root, task } from "./scene.ts"

const titled = (title: string, more: { hypothesis?: string; agent?: string } = {}): SporeRecord<"experiment"> =>
  makeExperiment(alice, { task, parent: root, score: 1, code: title, proposal: { title, ...more } })

/** What a search finds, alike on every database. */
export function describeSearch(kind: DatabaseKind): void {
  describe("search", () => {
    onDatabase(
      kind,
      "finds experiments, tasks and profiles by all their words, the last as a beginning",
      async (database) => {
        const store = await database.open()
        const cosine = titled("Cosine decay", { hypothesis: "A slower schedule helps", agent: "tuner-7" })
        const linear = titled("Linear decay with warmup")
        const named = makeTask(bob, { name: "decay-bench", description: "Measures schedules" })
        const profile = makeProfile(bob, { display_name: "Decay lover", bio: "schedule enthusiast" })
        await ingestAll(store, task, root, cosine, linear, named, profile)
        expect(await found(store, "decay")).toEqual([profile.id, named.id, linear.id, cosine.id])
        expect(await found(store, "DECAY cos")).toEqual([cosine.id])
        expect(await found(store, "cos decay")).toEqual([])
        expect(await found(store, "decay sched")).toEqual([profile.id, named.id, cosine.id])
        expect(await found(store, "tuner 7")).toEqual([cosine.id])
        expect(await found(store, "warmups")).toEqual([])
        expect(await store.search("bench")).toEqual({
          items: [{ kind: "task", id: named.id, name: "decay-bench", description: "Measures schedules" }],
          nextCursor: null,
        })
      },
    )

    onDatabase(kind, "looks past case and diacritics, in any script", async (database) => {
      const store = await database.open()
      const titles: [title: string, ...queries: string[]][] = [
        ["Café crème", "cafe", "CAFÉ", "cafe\u0301 cre"],
        ["Großes Gewicht", "große", "GROßES", "gewicht"],
        ["Обучение модели", "обучение", "МОДЕЛИ", "обуч"],
        ["ΟΔΟΣ μάθησης", "οδος", "ΟΔΌΣ", "μαθησης"],
        ["İstanbul ışık", "istanbul", "İSTAN"],
        ["学习率衰减", "学习", "学习率衰减"],
        ["हिन्दी परीक्षण", "हिन्दी", "परीक्षण"],
        ["تدريب النموذج", "تدريب", "النموذج"],
        ["학습률 감소", "학습률", "감"],
        ["𞤀𞤁x 🦀 crab", "𞤀𞤁x", "crab"],
        ["ﬁne ２０２５", "fine", "2025"],
      ]
      const records = titles.map(([title]) => titled(title))
      await ingestAll(store, task, root, ...records)
      for (const [i, [title, ...queries]] of titles.entries()) {
        for (const query of queries) {
          expect({ title, query, found: await found(store, query) }).toEqual({ title, query, found: [records[i]?.id] })
        }
      }
    })

    onDatabase(kind, "keeps to a task's experiments where it is told, and pages newest first", async (database) => {
      const store = await database.open()
      const other = makeTask(bob, { name: "other", description: "needle" })
      const elsewhere = makeExperiment(bob, { task: other, score: 1, proposal: { title: "needle elsewhere" } })
      const here = Array.from({ length: 12 }, (_, n) => titled(`needle ${n}`))
      await ingestAll(store, task, root, ...here.slice(0, 6), other, elsewhere, ...here.slice(6))
      const mine = await allPages((page) => store.search("needle", { task: task.id }, page), 5)
      expect(mine.map(idOf)).toEqual(here.map(({ id }) => id).toReversed())
      expect(await found(store, "needle", other.id)).toEqual([elsewhere.id])
      const ofKind = (only: SearchHit["kind"]): Promise<SearchHit[]> =>
        allPages((page) => store.search("needle", { kind: only }, page), 5)
      expect((await ofKind("experiment")).map(idOf)).toHaveLength(13)
      expect((await ofKind("task")).map(idOf)).toEqual([other.id])
      expect(await ofKind("profile")).toEqual([])
      expect(await found(store, "needle", "unknown")).toEqual([])
      expect(await allPages((page) => store.search("needle", {}, page), 5)).toHaveLength(14)
    })

    onDatabase(kind, "takes any text as words: quotes, operators, NUL, very long words", async (database) => {
      const store = await database.open()
      const long = "x".repeat(8000)
      const hostile = titled(`"q' OR b" AND (c* NOT d) NEAR/2 ^e :f & !g | <-> \u0000h \\ % _ ; --`, {
        hypothesis: long,
      })
      await ingestAll(store, task, root, hostile)
      const queries = [
        `"a`,
        `'a'`,
        `a OR b`,
        `a AND b`,
        `NOT d`,
        `NEAR(a b)`,
        `a*`,
        `^e`,
        `words:f`,
        `a & !g | f`,
        `a <-> b`,
        `h\u0000`,
        `\\a`,
        `a'; drop table search; --`,
        `{a b}`,
        `-a`,
        `a:*`,
        `$$a$$`,
      ]
      for (const query of queries) {
        // That of the task, and the hostile one.
        expect((await store.search(query)).items.length).toBeLessThanOrEqual(2)
      }
      expect(await found(store, `"q" (b)`)).toEqual([hostile.id])
      expect(await found(store, long)).toEqual([hostile.id])
      expect(await found(store, "y".repeat(100_000))).toEqual([])
      expect(await found(store, "q ".repeat(1000))).toEqual([hostile.id])
      for (const none of ["", "   ", `"'*`, "\u0000", "🦀"]) {
        await expect(store.search(none)).rejects.toMatchObject({ code: "bad_query" })
      }
    })
  })
}

function idOf(hit: SearchHit): string {
  if (hit.kind === "experiment") return hit.experiment.id
  return hit.kind === "task" ? hit.id : hit.profile.id
}

async function found(store: Store, text: string, within?: string): Promise<string[]> {
  return (await store.search(text, within === undefined ? {} : { task: within })).items.map(idOf)
}
