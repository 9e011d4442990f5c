import { existsSync } from "node:fs"
import { chmod, mkdir, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { codeCache } from "../src/compile-cache.ts"
import { emptyHome } from "./support/spore.ts"

it("keeps compiled code among the user's caches, and believes none in a data folder", async () => {
  await using home = await emptyHome()
  await home.init()
  const planted = join(home.dataDir, "cache")
  await mkdir(planted)
  expect(await home.spore("status")).toMatchObject({ code: 0 })
  expect(await readdir(planted)).toEqual([])
  const kept = join(home.path, ".cache/spore/compile")
  expect(await readdir(kept)).not.toEqual([])
  expect((await stat(kept)).mode & 0o777).toBe(0o700)
})

it("keeps none where the user wants nothing of it, and none beside no data folder", async () => {
  await using home = await emptyHome()
  expect(await home.spore("--version")).toMatchObject({ code: 0 })
  expect(await home.spore("status")).not.toMatchObject({ code: 0 })
  await home.init()
  home.env["SPORE_VERSIONS"] = "none"
  expect(await home.spore("status")).toMatchObject({ code: 0 })
  expect(existsSync(join(home.path, ".cache"))).toBe(false)
})

it("goes by XDG_CACHE_HOME, where nobody else can write to any part of the way", async () => {
  await using folder = await temporaryFolder()
  const caches = join(folder.path, "caches")
  const env = { XDG_CACHE_HOME: caches }
  expect(codeCache(env)).toBe(join(caches, "spore/compile"))
  expect(codeCache({ ...env, SPORE_VERSIONS: "none" })).toBeNull()
  for (const path of [caches, join(caches, "spore"), join(caches, "spore/compile")]) {
    await chmod(path, 0o770)
    expect(codeCache(env)).toBeNull()
    await chmod(path, 0o700)
  }
  expect(codeCache(env)).toBe(join(caches, "spore/compile"))
  await chmod(folder.path, 0o777)
  expect(codeCache({ XDG_CACHE_HOME: join(folder.path, "new") })).toBeNull()
  expect(codeCache({ XDG_CACHE_HOME: join(folder.path, "no", "such") })).toBeNull()
  await chmod(folder.path, 0o700)
})
