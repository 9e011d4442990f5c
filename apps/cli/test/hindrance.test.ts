import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { SporeError } from "@spore/records"
import { expect, test } from "vitest"
import { isHindrance } from "../src/run/hindrance.ts"
import { runNode } from "../src/run/node-run.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { fakeTerminal } from "./support/terminal.ts"

/** Runs a node in this process as a supervisor's child that does not come up; gives what the supervisor is told. */
async function hindrances(home: Home, options: Record<string, unknown>): Promise<string[]> {
  const told: string[] = []
  const supervised = {
    healthy: () => expect.unreachable(),
    hindered: (reason: string) => void told.push(reason),
    phase: () => undefined,
    switchTo: () => undefined,
    restart: () => undefined,
    onStop: () => undefined,
  }
  const { output } = fakeTerminal()
  const context = { env: home.env, dataDir: home.dataDir, json: true, version: "0.0.0", output }
  const ended = runNode(context, { args: [], options }, supervised)
  await expect(ended).rejects.toBeInstanceOf(SporeError)
  return told
}

test("a version on trial is not held to account for settings that were broken meanwhile", async () => {
  await using home = await emptyHome()
  const solo = { solo: true }
  await mkdir(home.dataDir)
  await writeFile(join(home.dataDir, "config.toml"), "port = {\n")
  expect(await hindrances(home, solo)).toEqual([expect.stringContaining("config.toml")])
  await writeFile(join(home.dataDir, "config.toml"), "")
  expect(await hindrances(home, { ...solo, until: "2001-01-01T00:00:00Z" })).toHaveLength(1)
  expect(await hindrances(home, { ...solo, program: join(home.path, "none.md") })).toHaveLength(1)
  // What an older version did without.
  expect(await hindrances(home, { ...solo, task: "nothing" })).toEqual([])
})

test("an instruction of an update is held against its version only for what is the version's", () => {
  const failed = (cause: unknown): Error => new SporeError("instruction_failed", "version 2.0.0", { cause })
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" })
  expect(isHindrance(failed(full))).toBe(true)
  expect(isHindrance(failed(new SporeError("database_full", "the disk is full")))).toBe(true)
  expect(isHindrance(failed(new TypeError("x is not a function")))).toBe(false)
  expect(isHindrance(failed(new SporeError("bad_schema", "a record is not one")))).toBe(false)
})
