import { chmodSync, existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { makeExperiment, makeTask, temporaryFolder, testIdentity, until } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type Change, createStore, openStoreReader, type Store } from "../src/index.ts"

const author = testIdentity(1)
const task = makeTask(author, { name: "sample" })
const first = makeExperiment(author, { task, score: 50 })
const second = makeExperiment(author, { task, parent: first, score: 40 })

let folder: AsyncDisposable & { readonly path: string }
let path: string
beforeEach(async () => {
  folder = await temporaryFolder()
  path = join(folder.path, "spore.sqlite")
})
afterEach(() => folder[Symbol.asyncDispose]())

async function fill(): Promise<void> {
  const store = await createStore({ path })
  await store.ingest([task, first])
  await store.close()
}

describe("a store that is only read", () => {
  it("answers beside a writer, and hears what that one stores", async () => {
    const writer = await createStore({ path })
    await writer.ingest([task, first])
    const reader = await openStoreReader({ path, pollMs: 10 })
    const heard: Change[] = []
    const stop = reader.onStored((changes) => void heard.push(...changes))
    expect((await reader.experiment(first.id))?.status).toBe("keep")

    await writer.ingest([second])
    await until(() => heard.length > 0, { what: "the new fact" })
    expect(heard.map(({ id }) => id)).toEqual([second.id])
    expect((await reader.experiments({ task: task.id })).items.map(({ id }) => id)).toEqual([second.id, first.id])
    stop()
    await reader.close()
    await writer.close()
  })

  it("changes nothing of the database", async () => {
    await fill()
    const { mtimeMs, size } = statSync(path)
    const reader = await openStoreReader({ path })
    expect(await reader.tasks()).toHaveLength(1)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what no caller sees, SQLite refuses all the same
    const { ingest } = reader as Store
    await expect(ingest([second])).rejects.toThrow(/readonly|read-only/)
    await reader.close()
    expect(statSync(path)).toMatchObject({ mtimeMs, size })
  })

  it("refuses what is not there, and makes nothing in its place", async () => {
    await expect(openStoreReader({ path })).rejects.toMatchObject({ code: "database_unusable" })
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    ["of an older release", "delete from kysely_migration where name like '0002%'", "database_outdated"],
    ["of a newer release", "insert into kysely_migration values ('9999-later', '2030')", "database_newer"],
    ["derived by other rules", "update local set value = 'others' where key = 'derived.rules'", "database_outdated"],
    ["half derived", "insert into local values ('derived.through', '1')", "database_outdated"],
  ])("leaves a database alone that is %s", async (_, change, code) => {
    await fill()
    const file = new DatabaseSync(path)
    file.exec(change)
    file.close()
    await expect(openStoreReader({ path })).rejects.toMatchObject({ code })
  })

  it("reads a folder that its user may not write to, where nobody writes", async () => {
    await fill()
    // Root may write anywhere: the test becomes nobody for a while.
    const isRoot = process.getuid?.() === 0
    chmodSync(path, 0o444)
    chmodSync(folder.path, 0o555)
    if (isRoot) process.seteuid?.(65_534)
    try {
      const reader = await openStoreReader({ path })
      expect((await reader.experiment(first.id))?.value).toBe(50)
      await reader.close()
      expect(readdirSync(folder.path)).toEqual(["spore.sqlite"])
    } finally {
      if (isRoot) process.seteuid?.(0)
      chmodSync(folder.path, 0o755)
    }
  })
})
