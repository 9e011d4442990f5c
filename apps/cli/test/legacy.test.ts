import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { prepareFolder } from "../src/folder/data-folder.ts"
import { findLegacyData, isLegacyConfig, legacyNotice } from "../src/folder/legacy.ts"

const LEGACY_CONFIG = 'host = "0.0.0.0"\nport = 7470\ndata_dir = "~/.spore"\npeer = []\n'

test("a config.toml of 0.6 is told from one of this program", () => {
  expect(isLegacyConfig(LEGACY_CONFIG)).toBe(true)
  expect(isLegacyConfig("port = 7470\n")).toBe(false)
  expect(isLegacyConfig('web_port = 1\nhost = "x"\n')).toBe(false)
  expect(isLegacyConfig("host = \n")).toBe(false)
})

test("data of 0.6 is named and left as it is when a folder is made ready", async () => {
  await using folder = await temporaryFolder()
  const at = (...parts: string[]): string => join(folder.path, ...parts)
  await mkdir(at("identity"))
  await mkdir(at("db"))
  await mkdir(at("artifact"))
  await writeFile(at("identity", "private_key"), "old key")
  await writeFile(at("db", "graph.sqlite"), "old graph")
  await writeFile(at("config.toml"), LEGACY_CONFIG)

  const { created } = await prepareFolder(folder.path)
  expect(created).toEqual({ key: true, config: false })
  expect(await readFile(at("config.toml"), "utf8")).toBe(LEGACY_CONFIG)
  expect(await readFile(at("identity", "private_key"), "utf8")).toBe("old key")
  expect(findLegacyData(folder.path)).toEqual(["identity/private_key", "db/graph.sqlite", "artifact", "config.toml"])
  expect(legacyNotice(folder.path, "~/.spore")).toContain(
    "0.6 found in ~/.spore (identity/private_key, db/graph.sqlite, artifact, config.toml): left untouched",
  )
})

test("a folder of this program alone holds none", async () => {
  await using folder = await temporaryFolder()
  await prepareFolder(folder.path)
  expect(legacyNotice(folder.path)).toBeNull()
})
