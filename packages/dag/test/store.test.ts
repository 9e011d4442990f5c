import { isSporeError } from "@spore/records"
import {
  makeExperiment,
  makeProfile,
  makeTask,
  makeVerification,
  manualClock,
  temporaryFolder,
  testIdentity,
  TEST_EPOCH,
} from "@spore/testkit"
import { stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import { createStore, MAX_AHEAD_SECONDS, type Store } from "../src/index.ts"

const [alice, bob] = [testIdentity(1), testIdentity(2)]
const clock = manualClock((TEST_EPOCH + 86_400) * 1000)
const task = makeTask(alice, { metric: { min: 0, max: 100, minEffect: 0 } })
const root = makeExperiment(alice, { task, score: 50 })
const children = Array.from({ length: 25 }, (_, n) =>
  makeExperiment(alice, { task, parent: root, score: 50 - (n % 5), code: `child ${n}` }),
)

function open(path = ":memory:", pending?: { perSender: number; perAuthor: number; total: number }): Promise<Store> {
  return createStore({ path, clock, ...(pending === undefined ? {} : { pending }) })
}

describe("ingest", () => {
  it("keeps a child aside until its task and parent are here", async () => {
    const store = await open()
    const child = children[0]
    if (child === undefined) throw new Error("no child")
    expect((await store.ingest([child]))[0]?.status).toBe("pending")
    expect(await store.wanted()).toEqual([task.id])
    expect((await store.ingest([task]))[0]?.status).toBe("stored")
    expect(await store.wanted()).toEqual([root.id])
    await store.ingest([root])
    expect(await store.wanted()).toEqual([])
    expect((await store.experiment(child.id))?.parent).toBe(root.id)
    await store.close()
  })

  it("bounds what waits, by sender, author and in all", async () => {
    const store = await open(":memory:", { perSender: 3, perAuthor: 5, total: 100 })
    const statuses = (await store.ingest(children.slice(0, 4), "one")).map(({ status }) => status)
    expect(statuses).toEqual(["pending", "pending", "pending", "dropped"])
    const others = (await store.ingest(children.slice(4, 7), "two")).map(({ status }) => status)
    expect(others).toEqual(["pending", "pending", "dropped"])
    await store.close()
  })

  it("drops without blame what is dated far ahead, and takes it in its time", async () => {
    const store = await open()
    await store.ingest([task, root])
    const later = manualClock(clock.now())
    const ahead = makeExperiment(alice, {
      task,
      parent: root,
      score: 1,
      code: "ahead",
      created: TEST_EPOCH + 86_400 + MAX_AHEAD_SECONDS + 1,
    })
    const far = makeExperiment(alice, { task, parent: root, score: 1, code: "far", created: 2 ** 52 })
    expect((await store.ingest([ahead, far])).map(({ status }) => status)).toEqual(["early", "early"])
    later.advance(2_000)
    const inTime = await createStore({ path: ":memory:", clock: later })
    expect((await inTime.ingest([task, root, ahead])).map(({ status }) => status)).toEqual([
      "stored",
      "stored",
      "stored",
    ])
    await store.close()
    await inTime.close()
  })

  it("takes no more than the manifest allows: bounds, baseline, replicate numbers", async () => {
    const store = await open()
    await store.ingest([task, root])
    const tooGood = makeExperiment(alice, { task, parent: root, score: -1, code: "too good" })
    const alien = makeExperiment(alice, { task, score: 1, code: "not the baseline" })
    const rerun = makeVerification(bob, { task, experiment: root, score: 1, replicates: [7] })
    const results = await store.ingest([tooGood, alien, rerun])
    expect(results.map(({ status }) => status)).toEqual(["invalid", "invalid", "invalid"])
    expect(await store.lastSeq()).toBe(2)
    await store.close()
  })

  it("accepts several baselines by different authors", async () => {
    const store = await open()
    const results = await store.ingest([task, root, makeExperiment(bob, { task, score: 51 })])
    expect(results.map(({ status }) => status)).toEqual(["stored", "stored", "stored"])
    await store.close()
  })
})

describe("queries", () => {
  it("pages without repeating or losing a row, by sequence and by value", async () => {
    const store = await open()
    await store.ingest([task, root, ...children])
    for (const sort of ["newest", "oldest", "best"] as const) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await store.experiments(
          { task: task.id, sort },
          { limit: 4, ...(cursor === undefined ? {} : { cursor }) },
        )
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor !== undefined)
      expect(new Set(seen).size).toBe(children.length + 1)
      expect(seen.length).toBe(children.length + 1)
    }
    const best = await store.experiments({ task: task.id, sort: "best" }, { limit: 1 })
    expect(best.items[0]?.value).toBe(46)
    await expect(store.experiments({}, { cursor: "nonsense" })).rejects.toMatchObject({ code: "bad_cursor" })
    await store.close()
  })

  it("finds by unique prefix and says when it is not unique", async () => {
    const store = await open()
    await store.ingest([task, root, ...children])
    expect(await store.resolve(root.id.slice(0, 30))).toBe(root.id)
    await expect(store.resolve("bafyrei")).rejects.toMatchObject({ code: "ambiguous_id" })
    await expect(store.resolve("bafyreiz%")).rejects.toMatchObject({ code: "not_found" })
    await store.close()
  })

  it("lists logs with every fact in exactly one, and gives envelopes back byte for byte", async () => {
    const store = await open()
    const profile = makeProfile(alice)
    await store.ingest([task, root, profile, ...children])
    const entries = (await Promise.all((await store.logs()).map((log) => store.logEntries(log)))).flat()
    expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length)
    expect(entries.length).toBe(children.length + 3)
    expect(await store.envelopes([root.id, "unknown"])).toHaveLength(1)
    expect((await store.get(root.id))?.payload).toEqual(root.payload)
    await store.close()
  })

  it("gives the lineage up to the root", async () => {
    const store = await open()
    const [child] = children
    if (child === undefined) throw new Error("no child")
    await store.ingest([task, root, child])
    expect((await store.lineage(child.id)).map(({ id }) => id)).toEqual([child.id, root.id])
    await store.close()
  })
})

describe("the database file", () => {
  it("is private, and keeps facts and local values over a restart", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "deep", "spore.sqlite")
    let store = await open(path)
    await store.ingest([task, root])
    await store.setLocal("pinned-task", task.id)
    const digest = await store.digest()
    await store.close()
    expect((await stat(path)).mode & 0o077).toBe(0)
    store = await open(path)
    expect(await store.digest()).toBe(digest)
    expect(await store.getLocal("pinned-task")).toBe(task.id)
    await store.close()
  })

  it("is refused with a way out when it is damaged or of a newer release", async () => {
    await using folder = await temporaryFolder()
    const damaged = join(folder.path, "damaged.sqlite")
    await writeFile(damaged, "this is not a database, it only has the name of one".repeat(100))
    await expect(open(damaged)).rejects.toSatisfy(
      (error) => isSporeError(error, "database_unusable") && error.next !== undefined,
    )
    const newer = join(folder.path, "newer.sqlite")
    await (await open(newer)).close()
    const raw = new DatabaseSync(newer)
    raw.exec("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')")
    raw.close()
    await expect(open(newer)).rejects.toMatchObject({ code: "database_newer" })
  })
})
