import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { claimOwnVersion } from "../../src/updates/own-claim.ts"

/** Of `process` what counts here: it ends when the test says so. */
function fakeProcess(): Parameters<typeof claimOwnVersion>[0] & { end(): void } {
  const listeners: (() => void)[] = []
  return {
    env: {},
    once: (_, listener) => listeners.push(listener),
    end: () => {
      for (const listener of listeners) listener()
    },
  }
}

test("a process claims the installed version that it runs until its end", async () => {
  await using temporary = await temporaryFolder()
  const running = fakeProcess()
  claimOwnVersion(running, { isUpdate: true, versionsFolder: temporary.path, version: "1.2.0" })
  expect(await readdir(join(temporary.path, "in-use"))).toEqual([`1.2.0.${process.pid}`])
  running.end()
  expect(await readdir(join(temporary.path, "in-use"))).toEqual([])
})

test("what was installed by hand is not claimed, and what cannot be claimed runs", async () => {
  await using temporary = await temporaryFolder()
  const byHand = { isUpdate: false, versionsFolder: temporary.path, version: "1.0.0" }
  claimOwnVersion(fakeProcess(), byHand)
  expect(await readdir(temporary.path)).toEqual([])
  await writeFile(join(temporary.path, "in-use"), "no folder")
  claimOwnVersion(fakeProcess(), { ...byHand, isUpdate: true })
})
