import { readdir, writeFile } from "node:fs/promises"
import { DatabaseSync } from "node:sqlite"
import { identityOf } from "@spore/operator/process"
import { randomFacts, temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { claimFolder, dataPaths, openLocalStore, openStore } from "../src/local.ts"

const { valid } = randomFacts(29, 20)

let folder: TemporaryFolder
let database: string
beforeEach(async () => {
  folder = await temporaryFolder()
  database = dataPaths(folder.path).database
  const store = await openStore(database)
  await store.ingest(valid)
  await store.close()
})
afterEach(() => folder[Symbol.asyncDispose]())

/** The node of another process that lives as long as this one. */
async function otherRuns(url: string | null): Promise<void> {
  const claim = { started_at: 1, url, addresses: [], ...identityOf(process.ppid) }
  await writeFile(dataPaths(folder.path).running, JSON.stringify(claim))
}

function withFile<T>(work: (file: DatabaseSync) => T): T {
  const file = new DatabaseSync(database)
  try {
    return work(file)
  } finally {
    file.close()
  }
}

const layout = (): unknown =>
  withFile((file) => file.prepare("select count(*) as n from kysely_migration").get()?.["n"])
const rules = (): unknown =>
  withFile((file) => file.prepare("select value from local where key = 'derived.rules'").get()?.["value"])
const derived = (): unknown => withFile((file) => file.prepare("select count(*) as n from experiments").get()?.["n"])

const OLDER_LAYOUT = "delete from kysely_migration where name = (select max(name) from kysely_migration)"
const OTHER_RULES = "update local set value = 'others' where key = 'derived.rules'"

describe("a store beside a node", () => {
  it.each([
    ["layout", OLDER_LAYOUT],
    ["rules", OTHER_RULES],
  ])("leaves a database of other %s as the node has it", async (_, change) => {
    withFile((file) => file.exec(change))
    const before = [layout(), rules(), derived()]
    await otherRuns("http://localhost:1")
    const error = await openLocalStore(folder.path).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: "database_outdated",
      next: expect.stringContaining("spore restart") as unknown,
    })
    expect([layout(), rules(), derived()]).toEqual(before)
    expect(await readdir(folder.path)).not.toContain("backups")
    await otherRuns(null)
    await expect(openLocalStore(folder.path)).rejects.toMatchObject({
      code: "database_outdated",
      next: expect.stringContaining("try again") as unknown,
    })
  })

  it("writes where both are of the same, and goes on with what was left half derived", async () => {
    withFile((file) => file.exec(`insert into local values ('derived.through', '${valid.length}')`))
    await otherRuns("http://localhost:1")
    const store = await openLocalStore(folder.path)
    expect(await store.getLocal("derived.through")).toBeUndefined()
    expect((await store.check()).differences).toEqual([])
    await store.setLocal("written", "yes")
    await store.close()
  })

  it("brings it to this release where nobody runs, or this process does", async () => {
    withFile((file) => file.exec(OTHER_RULES))
    await (await openLocalStore(folder.path)).close()
    expect(rules()).not.toBe("others")
    withFile((file) => file.exec(OTHER_RULES))
    const claim = await claimFolder(dataPaths(folder.path).running, folder.path, 0)
    await (await openLocalStore(folder.path)).close()
    claim.release()
    expect(rules()).not.toBe("others")
  })
})
