import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"
import { claimFolder, findRunning } from "../src/running.ts"

const NOW = 1_760_000_000_000

function like(text: string): unknown {
  return expect.stringContaining(text)
}

function jsonObject(json: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(json))
}

/** A running.json of this process, as claimFolder writes it, with some fields changed. */
async function forge(path: string, changes: object): Promise<void> {
  const claim = await claimFolder(path, "dir", NOW)
  const own = jsonObject(await readFile(path, "utf8"))
  claim.release()
  await writeFile(path, JSON.stringify({ ...own, ...changes }))
}

/** The pid of a process that has ended. */
async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""])
  await once(child, "exit")
  return child.pid ?? 0
}

test("a claim is found by others, says where the node is, and goes with its release", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "running.json")
  const claim = await claimFolder(path, folder.path, NOW)
  expect(await findRunning(path)).toMatchObject({ pid: process.pid, url: null, started_at: NOW / 1000 })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await claim.announce("http://localhost:1", ["/ip4/127.0.0.1/tcp/2"])
  expect(await findRunning(path)).toMatchObject({ url: "http://localhost:1", addresses: ["/ip4/127.0.0.1/tcp/2"] })
  claim.release()
  expect(await findRunning(path)).toBeNull()
  expect(await readdir(folder.path)).toEqual([])
})

test("a second claim is refused with what to do", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "running.json")
  const claim = await claimFolder(path, folder.path, NOW)
  await claim.announce("http://localhost:1", [])
  await expect(claimFolder(path, folder.path, NOW + 5000)).rejects.toMatchObject({
    code: "already_running",
    message: like(`process ${process.pid}, since 2025-10-09T08:53:20Z, explorer at http://localhost:1`),
    next: like("--data-dir"),
  })
  expect(await findRunning(path)).toMatchObject({ pid: process.pid })
  claim.release()
  expect(await readdir(folder.path)).toEqual([])
})

test.each([
  ["a process that is gone", async () => ({ pid: await endedPid() })],
  ["a later process with the same pid", async () => ({ process_start: "1" })],
  ["a process that could be anybody later", async () => ({ process_start: null })],
])("the file of %s is replaced", async (_, changes) => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "running.json")
  await forge(path, await changes())
  // Only Linux tells when a process began.
  if (process.platform !== "linux" && _.includes("later")) return
  expect(await findRunning(path)).toBeNull()
  const claim = await claimFolder(path, folder.path, NOW)
  expect(await findRunning(path)).toMatchObject({ pid: process.pid })
  claim.release()
  expect(await readdir(folder.path)).toEqual([])
})

test("a file that is not one of ours is replaced", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "running.json")
  await writeFile(path, "garbage")
  const claim = await claimFolder(path, folder.path, NOW)
  expect(await findRunning(path)).toMatchObject({ pid: process.pid })
  claim.release()
})

test("the claim of another process is not released", async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, "running.json")
  const claim = await claimFolder(path, folder.path, NOW)
  const own = jsonObject(await readFile(path, "utf8"))
  await writeFile(path, JSON.stringify({ ...own, pid: process.ppid }))
  claim.release()
  expect(await readdir(folder.path)).toEqual(["running.json"])
})
