import { chmod, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { prepareFolder } from "../src/folder/data-folder.ts"
import { openFacts } from "../src/folder/facts.ts"
import { CONFIG_TEMPLATE } from "../src/settings/config-file.ts"
import { like } from "./support/match.ts"

test("a new folder is closed to others and has a key and a commented config.toml", async () => {
  await using folder = await temporaryFolder()
  const dataDir = join(folder.path, "new", "spore")
  const { paths, identity, created } = await prepareFolder(dataDir)
  expect(created).toEqual({ key: true, config: true })
  expect((await stat(dataDir)).mode & 0o777).toBe(0o700)
  expect((await stat(paths.identity)).mode & 0o777).toBe(0o600)
  expect(await readFile(paths.config, "utf8")).toBe(CONFIG_TEMPLATE)

  const again = await prepareFolder(dataDir)
  expect(again.identity.nodeId).toBe(identity.nodeId)
  expect(again.created).toEqual({ key: false, config: false })
})

test("a config.toml that is there is never written to", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "config.toml")
  await writeFile(path, "broken =")
  await prepareFolder(folder.path)
  expect(await readFile(path, "utf8")).toBe("broken =")
})

test("a key that others can read is refused with the line that closes it", async () => {
  await using folder = await temporaryFolder()
  const { paths } = await prepareFolder(folder.path)
  await chmod(paths.identity, 0o644)
  await expect(prepareFolder(folder.path)).rejects.toMatchObject({
    code: "key_too_open",
    next: like("chmod 600"),
  })
})

test("a file in the folder's place is an error with a way out", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "file")
  await writeFile(path, "")
  await expect(prepareFolder(path)).rejects.toMatchObject({
    code: "folder_unusable",
    next: like("--data-dir"),
  })
})

test("facts are not made by looking for them", async () => {
  await using folder = await temporaryFolder()
  await expect(openFacts(folder.path)).rejects.toMatchObject({ code: "not_initialised" })
  await expect(stat(join(folder.path, "spore.sqlite"))).rejects.toMatchObject({ code: "ENOENT" })
})
