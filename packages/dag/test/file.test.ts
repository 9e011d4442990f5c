import { isSporeError } from "@spore/records"
import { makeExperiment, makeVerification, randomFacts, temporaryFolder } from "@spore/testkit"
import { execFileSync } from "node:child_process"
import { copyFile, mkdir, open, readFile, rm, stat, truncate, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "vitest"
import { openSqlite } from "../src/database/sqlite.ts"
import { createStore, type Store, type StoreErrorCode } from "../src/index.ts"
import { createSqlStore } from "../src/sql-store.ts"
import { clock } from "./compliance/clock.ts"
import { alice, bob, childOf, expectSound, ingestAll, root, statuses, task } from "./compliance/scene.ts"
import { poolingVerdicts, votingVerdicts } from "./voting-verdicts.ts"

const options = { clock, verdicts: votingVerdicts }

/** Experiments of about `kilobytes`, each another. */
function heavy(count: number, kilobytes: number, from = 0): ReturnType<typeof childOf>[] {
  return Array.from({ length: count }, (_, n) => {
    const proposal = {
      title: `heavy ${from + n}`,
      hypothesis: `${from + n} `.repeat(8192).slice(0, Math.min(8192, kilobytes * 1024)),
    }
    return makeExperiment(alice, { task, parent: root, score: 60, code: `heavy ${from + n}`, proposal })
  })
}

/** Ingests in small batches until there is no room. Gives what was acknowledged. */
async function fill(store: Store): Promise<string[]> {
  const acknowledged: string[] = []
  for (let n = 0; n < 1000; n += 5) {
    try {
      const results = await store.ingest(heavy(5, 8, n))
      acknowledged.push(...results.map(({ id }) => id))
    } catch (error) {
      if (isSporeError<StoreErrorCode>(error, "database_full") && error.next !== undefined) return acknowledged
      throw error
    }
  }
  throw new Error("it never was full")
}

/** An error that says what to do. */
function refusal(code: StoreErrorCode): (error: unknown) => boolean {
  return (error) => isSporeError(error, code) && error.next !== undefined
}

describe("a database file", () => {
  it("is private, with the folders above it", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "deep", "spore.sqlite")
    const store = await createStore({ path, ...options })
    expect((await stat(path)).mode & 0o077).toBe(0)
    expect((await stat(join(folder.path, "deep"))).mode & 0o077).toBe(0)
    await store.close()
  })

  it("pools what is stored, not what a transaction that failed had read", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "spore.sqlite")
    const store = await createStore({ path, clock, verdicts: poolingVerdicts })
    const states = Array.from({ length: 9 }, (_, n) => childOf(n))
    const rerun = (n: number, score: number): ReturnType<typeof makeVerification> =>
      makeVerification(bob, { task, experiment: states[n] ?? root, score })
    await ingestAll(store, task, root, ...states, ...[0, 1, 2, 3].map((n) => rerun(n, 60)))
    const file = new DatabaseSync(path)
    file.exec("create trigger refuse before update on experiments begin select raise(abort, 'refused'); end")
    await expect(store.ingest([4, 5, 6].map((n) => rerun(n, 60)))).rejects.toThrow("refused")
    file.exec("drop trigger refuse")
    file.close()
    await ingestAll(store, rerun(7, 60))
    await expectSound(store)
    await store.close()
  })

  it("of a newer release is refused", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "newer.sqlite")
    await (await createStore({ path, ...options })).close()
    const raw = new DatabaseSync(path)
    raw.exec("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2030-01-01')")
    raw.close()
    await expect(createStore({ path, ...options })).rejects.toSatisfy(refusal("database_newer"))
  })

  it("whose folder cannot be made is refused", async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, "file"), "")
    await expect(createStore({ path: join(folder.path, "file", "spore.sqlite"), ...options })).rejects.toSatisfy(
      refusal("database_unusable"),
    )
  })

  it("migrates as a whole or not at all", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "half.sqlite")
    const raw = new DatabaseSync(path)
    // In the way of the second migration, which fails late.
    raw.exec("create table blocked (scope text)")
    raw.close()
    await expect(createStore({ path, ...options })).rejects.toSatisfy(refusal("database_unusable"))
    const again = new DatabaseSync(path)
    expect(again.prepare("select count(*) as n from sqlite_master where name = 'facts'").get()).toEqual({ n: 0 })
    again.exec("drop table blocked")
    again.close()
    const store = await createStore({ path, ...options })
    await ingestAll(store, task, root)
    await store.close()
  })
})

describe("a full disk", () => {
  const isRoot = process.getuid?.() === 0 && process.platform === "linux"
  const canMount = isRoot && mountWorks()

  it.skipIf(!canMount)("refuses what has no room, loses nothing else, and goes on once there is", async () => {
    await using folder = await temporaryFolder()
    const disk = join(folder.path, "disk")
    await mkdir(disk)
    execFileSync("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", disk])
    try {
      const ballast = join(disk, "ballast")
      await writeFile(ballast, Buffer.alloc(1 << 20))
      let store = await createStore({ path: join(disk, "store.sqlite"), ...options })
      await ingestAll(store, task, root)
      const acknowledged = await fill(store)
      expect(acknowledged.length).toBeGreaterThan(0)
      expect(await store.envelopes(acknowledged)).toHaveLength(acknowledged.length)
      await expect(store.ingest(heavy(200, 8, 5000))).rejects.toSatisfy(refusal("database_full"))
      await rm(ballast)
      expect(await statuses(store, heavy(5, 8, 9000))).toEqual(Array.from({ length: 5 }, () => "stored"))
      await store.close()
      store = await createStore({ path: join(disk, "store.sqlite"), ...options })
      expect(await store.envelopes(acknowledged)).toHaveLength(acknowledged.length)
      await expectSound(store)
      await store.close()
    } finally {
      // Lazily: where the test failed the database is still open.
      execFileSync("/usr/bin/umount", ["--lazy", disk])
    }
  })

  it("as a limit on the file's size is the same to an ordinary user", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "store.sqlite")
    const database = await openSqlite(path)
    const pages = async (limit: number): Promise<void> => {
      await database.db.executeQuery({
        ...database.db.selectFrom("local").select("key").compile(),
        sql: `pragma max_page_count = ${limit}`,
      })
    }
    const store = await createSqlStore(database, path, options)
    await ingestAll(store, task, root)
    await pages(400)
    const acknowledged = await fill(store)
    expect(acknowledged.length).toBeGreaterThan(0)
    await expect(store.ingest(heavy(400, 8, 5000))).rejects.toSatisfy(refusal("database_full"))
    await expect(store.setLocal("key", "v".repeat(10_000_000))).rejects.toSatisfy(refusal("database_full"))
    expect(await store.envelopes(acknowledged)).toHaveLength(acknowledged.length)
    await pages(4000)
    expect(await statuses(store, [childOf(1)])).toEqual(["stored"])
    await expectSound(store)
    await store.close()
  })
})

describe("a damaged database", () => {
  /** A closed store of some facts, all in the one file. */
  async function sound(path: string): Promise<readonly { readonly id: string }[]> {
    const store = await createStore({ path, ...options })
    const { valid } = randomFacts(51, 400)
    await store.ingest(valid)
    await store.close()
    return valid
  }

  it("with garbage for a header says so at the start", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "store.sqlite")
    await sound(path)
    const file = await open(path, "r+")
    await file.write(Buffer.from("this is not a database, it only has the name of one".repeat(10)), 0)
    await file.close()
    await expect(createStore({ path, ...options })).rejects.toSatisfy(refusal("database_damaged"))
  })

  it("that lost its end says so, at the start or when it is checked", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "store.sqlite")
    await sound(path)
    const { size } = await stat(path)
    await truncate(path, Math.floor(size / 2 / 4096) * 4096)
    expect(await examine(path)).not.toBe("sound")
  })

  it("with a page overwritten says so, and gives its other facts for export", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "store.sqlite")
    const facts = await sound(path)
    const { length } = await readFile(path)
    const found: string[] = []
    let readable = 0
    for (let page = 2; page < length / 4096; page += Math.ceil(length / 4096 / 12)) {
      const copy = join(folder.path, "copy.sqlite")
      await copyFile(path, copy)
      const file = await open(copy, "r+")
      await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096)
      await file.close()
      found.push(
        await examine(copy, async (store) => {
          for (const { id } of facts) readable += (await store.envelopes([id]).catch(() => [])).length
        }),
      )
      for (const suffix of ["", "-wal", "-shm"]) await rm(`${copy}${suffix}`, { force: true })
    }
    expect(found.filter((outcome) => outcome !== "sound").length).toBeGreaterThan(6)
    expect(readable).toBeGreaterThan(facts.length)
  })
})

/** What opening and checking a database comes to; an error that names no damage is one of the test. */
async function examine(
  path: string,
  use: (store: Store) => Promise<void> = () => Promise.resolve(),
): Promise<"sound" | "reported" | "refused"> {
  let store: Store | undefined
  try {
    store = await createStore({ path, ...options })
    await use(store)
    const { database, damaged, differences } = await store.check()
    return database.length + damaged.length + differences.length > 0 ? "reported" : "sound"
  } catch (error) {
    if (isSporeError(error, "database_damaged") && error.next !== undefined) return "refused"
    throw error
  } finally {
    await store?.close()
  }
}

/** Whether this process may mount, as root of a container may not. */
function mountWorks(): boolean {
  try {
    execFileSync("/usr/bin/unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
