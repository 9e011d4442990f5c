import { link, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { DATABASE_LAYOUT, openAnyLayout, type Store } from "@spore/dag"
import { type AnyRecord, isSporeError, type SignedObject } from "@spore/records"
import { manualClock, randomFacts, temporaryFolder, type TemporaryFolder, TEST_EPOCH } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { openLocalReader, openLocalStore, prepareDatabase, restoredNotice } from "../../src/local.ts"
import { openStore } from "../../src/open-store.ts"
import { dataPaths } from "../../src/paths.ts"
import { editLater, LATER_LAYOUT, openWithLaterRelease, storeLater } from "./later-release.ts"

type Parts = Pick<SignedObject, "id" | "kind" | "payload" | "signature">

const clock = manualClock((TEST_EPOCH + 10 * 365 * 86_400) * 1000)
const AT = clock.now()
const { valid } = randomFacts(23, 120)
const [before, since] = [valid.slice(0, 70), valid.slice(70)]

let folder: TemporaryFolder
let dataDir: string
beforeEach(async () => {
  folder = await temporaryFolder()
  dataDir = folder.path
})
afterEach(() => folder[Symbol.asyncDispose]())

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(dataPaths(dataDir).database, { clock })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function digestOf(facts: readonly AnyRecord[], prepare?: (store: Store) => Promise<void>): Promise<string> {
  const store = await openStore(":memory:", { clock })
  await store.ingest(facts)
  await prepare?.(store)
  const digest = await store.digest()
  await store.close()
  return digest
}

it("does nothing to a folder without a database, and to one of this release", async () => {
  expect(await prepareDatabase(join(dataDir, "none"), { clock })).toBeNull()
  await withStore((store) => store.ingest(before))
  expect(await prepareDatabase(dataDir, { clock })).toBeNull()
  expect(await readdir(dataDir)).toEqual(["spore.sqlite"])
})

it("goes back from a newer database without losing what was signed since", async () => {
  await withStore((store) => store.ingest(before))
  await openWithLaterRelease(dataDir)
  storeLater(dataDir, since)
  const restored = await prepareDatabase(dataDir, { clock })
  const aside = join(dataPaths(dataDir).backups, `newer-${LATER_LAYOUT}-${AT}.sqlite`)
  expect(restored).toEqual({ facts: since.length, withheld: 0, left: 0, aside })
  await withStore(async (store) => {
    expect(await store.digest()).toBe(await digestOf(valid))
    expect(await store.check()).toEqual({ facts: valid.length, differences: [], damaged: [], database: [] })
  })
  const newer = openAnyLayout(aside)
  expect(newer.layout).toBe(LATER_LAYOUT)
  expect([...newer.facts()].flat()).toHaveLength(valid.length)
  newer.close()
  expect((await stat(aside)).mode & 0o077).toBe(0)
  expect((await stat(dataPaths(dataDir).database)).mode & 0o077).toBe(0)
  expect(await readdir(dataDir)).toEqual(["backups", "spore.sqlite"])
  expect(await prepareDatabase(dataDir, { clock })).toBeNull()
})

it("takes in nothing that is not signed, and says what stays", async () => {
  await withStore((store) => store.ingest(before))
  await openWithLaterRelease(dataDir)
  const [forged, ...sound] = since
  if (forged === undefined) throw new Error("no facts")
  const unknown = { id: "bafyunknown", kind: "poem", payload: new Uint8Array([1]), signature: new Uint8Array(64) }
  const signature = forged.signature.map((byte, i) => (i === 5 ? byte ^ 1 : byte))
  storeLater(dataDir, [{ ...forged, signature }, unknown, ...sound])
  const restored = await prepareDatabase(dataDir, { clock })
  expect(restored).not.toBeNull()
  await withStore(async (store) => {
    expect((await store.known([forged.id, unknown.id])).size).toBe(0)
    const { facts, differences } = await store.check()
    expect(differences).toEqual([])
    expect(facts).toBe(before.length + (restored?.facts ?? 0))
    // The two, and what waits for the forged one.
    expect(restored?.left).toBe(valid.length - facts + 1)
    expect(restored?.left).toBeGreaterThanOrEqual(2)
  })
  const notice = restored === null ? null : restoredNotice(restored)
  expect(notice?.message).toContain(`${restored?.left} could not be read by this release`)
  expect(notice?.next).toContain(restored?.aside)
})

it("carries what the keeper blocks, and local values that mean the same", async () => {
  const [own, , blocked, freed] = before.filter(({ kind }) => kind === "experiment").map(({ id }) => id)
  if (own === undefined || blocked === undefined || freed === undefined) throw new Error("too few experiments")
  await withStore(async (store) => {
    await store.ingest(before)
    await store.block("id", freed, "a mistake")
    await store.setLocal("pinned-task", "the one before")
    await store.setLocal("research-proposals", "[]")
    await store.setLocal("arrivals", "[[1,2]]")
  })
  await openWithLaterRelease(dataDir)
  editLater(dataDir, (file) => {
    file.exec("update facts set payload = x'', signature = x'' where id = '" + blocked + "'")
    file.exec("delete from blocked")
    file.exec(
      `insert into blocked (scope, value, reason, since) values ('id', '${blocked}', 'spam', 1), ('shade', 'x', 'y', 2)`,
    )
    file.exec("update local set value = 'another' where key in ('pinned-task', 'arrivals')")
    file.exec("delete from local where key = 'research-proposals'")
    const insert = file.prepare("insert into local values (?, ?)")
    insert.run("research-spending", '{"requests":7}')
    insert.run(`research-feedback/${own}`, "well done")
    insert.run("trial/3", "{}")
    insert.run("update-done", "yes")
  })
  const whole = before.find(({ id }) => id === freed)
  if (whole === undefined) throw new Error("not there")
  editLater(dataDir, (file) => {
    const restore = file.prepare("update facts set payload = ?, signature = ? where id = ?")
    restore.run(whole.payload, whole.signature, freed)
  })
  storeLater(dataDir, since)
  await prepareDatabase(dataDir, { clock })
  await withStore(async (store) => {
    expect(await store.blocks()).toEqual([expect.objectContaining({ scope: "id", value: blocked, reason: "spam" })])
    expect(await store.object(blocked)).toBeUndefined()
    expect((await store.object(freed))?.id).toBe(freed)
    const kept = [
      "pinned-task",
      "arrivals",
      "research-proposals",
      "research-spending",
      `research-feedback/${own}`,
      "trial/3",
    ]
    expect(await Promise.all([...kept, "update-done"].map((key) => store.getLocal(key)))).toEqual([
      "another",
      "[[1,2]]",
      undefined,
      '{"requests":7}',
      "well done",
      "{}",
      undefined,
    ])
    expect(await store.digest()).toBe(await digestOf(valid, (fresh) => fresh.block("id", blocked, "spam")))
  })
})

describe("a release that can read what was put aside", () => {
  const { backups } = dataPaths("")
  const asideNames = async (): Promise<string[]> =>
    (await readdir(join(dataDir, backups))).filter((name) => /^newer-.*\.sqlite$/.test(name))

  /** As a release of that layout left it, which an older one then put aside. */
  async function putAside(facts: readonly Parts[], name = `newer-${DATABASE_LAYOUT}-1.sqlite`): Promise<string> {
    const path = join(dataDir, backups, name)
    await mkdir(dirname(path), { recursive: true })
    const store = await openStore(path, { clock })
    await store.close()
    const file = new DatabaseSync(path)
    file.exec("drop table facts; create table facts (number integer primary key, id, kind, payload, signature)")
    const insert = file.prepare("insert into facts (id, kind, payload, signature) values (?, ?, ?, ?)")
    for (const { id, kind, payload, signature } of facts) insert.run(id, kind, payload, signature)
    file.close()
    return path
  }

  it("takes in what the older one had left, and removes the file", async () => {
    await withStore((store) => store.ingest(before))
    await putAside(valid)
    await putAside(since, `newer-${DATABASE_LAYOUT + 1}-2.sqlite`)
    expect(await prepareDatabase(dataDir, { clock })).toBeNull()
    expect(await asideNames()).toEqual([`newer-${DATABASE_LAYOUT + 1}-2.sqlite`])
    await withStore(async (store) => expect(await store.digest()).toBe(await digestOf(valid)))
  })

  it("keeps a file for what it does not know either, and one that it cannot read", async () => {
    await withStore((store) => store.ingest(before))
    const unknown = { id: "bafyunknown", kind: "poem", payload: new Uint8Array([1]), signature: new Uint8Array(64) }
    await putAside([...valid, unknown])
    const damaged = `newer-${DATABASE_LAYOUT}-2.sqlite`
    await writeFile(join(dataDir, backups, damaged), "no database")
    await prepareDatabase(dataDir, { clock })
    expect(await asideNames()).toEqual([`newer-${DATABASE_LAYOUT}-1.sqlite`, damaged])
    await withStore(async (store) => expect(await store.digest()).toBe(await digestOf(valid)))
  })

  it("loses nothing where it is killed before the file is removed, and needs no second name of its own", async () => {
    await withStore((store) => store.ingest(before))
    await putAside(valid)
    const beforeStep = (step: string): void => {
      if (step === "remove a newer database") throw new Error("killed")
    }
    await expect(prepareDatabase(dataDir, { clock, beforeStep })).rejects.toThrow("killed")
    expect(await asideNames()).toHaveLength(1)
    await link(dataPaths(dataDir).database, join(dataDir, backups, `newer-${DATABASE_LAYOUT}-3.sqlite`))
    await prepareDatabase(dataDir, { clock })
    expect(await asideNames()).toEqual([])
    await withStore(async (store) => expect(await store.digest()).toBe(await digestOf(valid)))
  })
})

it("says what to do where no copy of before is there, and changes nothing", async () => {
  await withStore((store) => store.ingest(before))
  await openWithLaterRelease(dataDir)
  const { database, backups } = dataPaths(dataDir)
  const told = await openLocalStore(dataDir).catch((error: unknown) => error)
  expect(isSporeError(told, "database_newer") && told.next).toContain("spore run")
  await expect(openLocalReader(dataDir)).rejects.toMatchObject({ code: "database_newer" })
  for (const name of await readdir(backups)) await rm(join(backups, name))
  const bytes = await readFile(database)
  const error = await prepareDatabase(dataDir, { clock }).catch((thrown: unknown) => thrown)
  expect(isSporeError(error, "database_newer") && error.next).toContain("import")
  expect((await readFile(database)).equals(bytes)).toBe(true)
})

it.each([true, false])("goes back though somebody has the newer database open, read only: %s", async (readOnly) => {
  await withStore((store) => store.ingest(before))
  await openWithLaterRelease(dataDir)
  const { database } = dataPaths(dataDir)
  const other = new DatabaseSync(database, { readOnly })
  const count = other.prepare("select count(*) as n from facts")
  expect(count.get()).toEqual({ n: before.length })
  storeLater(dataDir, since)
  expect(await prepareDatabase(dataDir, { clock, busyMs: 50 })).toMatchObject({ facts: since.length })
  await withStore(async (store) => {
    await store.setLocal("written", "since")
    // What was open before reads what it had, and its end takes nothing of the new database's away.
    expect(count.get()).toEqual({ n: valid.length })
    other.close()
    const beside = await openStore(database, { clock })
    expect(await beside.getLocal("written")).toBe("since")
    await beside.close()
    expect(await store.check()).toEqual({ facts: valid.length, differences: [], damaged: [], database: [] })
  })
  await withStore(async (store) => {
    expect(await store.getLocal("written")).toBe("since")
    expect(await store.digest()).toBe(await digestOf(valid))
  })
})

it.each(["begin", "begin immediate"])(
  "leaves a newer database in place that somebody is at work on: %s",
  async (begin) => {
    await withStore((store) => store.ingest(before))
    await openWithLaterRelease(dataDir)
    const other = new DatabaseSync(dataPaths(dataDir).database)
    storeLater(dataDir, since.slice(0, 1))
    other.exec(`${begin}; select count(*) from facts`)
    if (begin === "begin") storeLater(dataDir, since)
    await expect(prepareDatabase(dataDir, { clock, busyMs: 50 })).rejects.toMatchObject({ code: "database_unusable" })
    other.exec("commit; insert or replace into local values ('written', 'yes')")
    other.close()
    expect(openLayout()).toBe(LATER_LAYOUT)
    const facts = begin === "begin" ? since.length : 1
    expect(await prepareDatabase(dataDir, { clock })).toMatchObject({ facts })
  },
)

function openLayout(): number | null {
  const file = openAnyLayout(dataPaths(dataDir).database)
  file.close()
  return file.layout
}

it("can go forth and back again", async () => {
  await withStore((store) => store.ingest(before))
  for (const [i, facts] of [since.slice(0, 20), since.slice(20)].entries()) {
    await openWithLaterRelease(dataDir)
    storeLater(dataDir, facts)
    clock.advance(1000)
    expect(await prepareDatabase(dataDir, { clock })).toMatchObject({ facts: facts.length })
    const names = (await readdir(dataPaths(dataDir).backups)).filter((name) => name.endsWith(".sqlite"))
    expect(names).toHaveLength(2 + i)
  }
  await withStore(async (store) => expect(await store.digest()).toBe(await digestOf(valid)))
})
