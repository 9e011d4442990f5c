import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { findRunning } from "@spore/node/local"
import { findClaim, isAlive, type ProcessIdentity } from "@spore/operator/process"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"
import { emptyHome, type Home } from "./support/spore.ts"

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url))
const SERVICE = ["run", "--service", "--solo", "--no-train"]
const serviceSchema = z.object({ started_at: z.number(), args: z.array(z.string()), service: z.boolean() })

function findService(home: Home): ReturnType<typeof findClaim<z.infer<typeof serviceSchema>>> {
  return findClaim(join(home.dataDir, "service.json"), serviceSchema)
}

/** The node that serves, once that is not `other`. */
function served(home: Home, other: ProcessIdentity | null = null): Promise<ProcessIdentity> {
  return until(
    async () => {
      const running = await findRunning(join(home.dataDir, "running.json"))
      return running !== null && running.url !== null && running.pid !== other?.pid ? running : null
    },
    { timeoutMs: 45_000, what: "a node that serves" },
  )
}

async function events(home: Home): Promise<unknown[]> {
  const lines = (await readFile(join(home.dataDir, "logs", "node.log"), "utf8")).trimEnd().split("\n")
  return lines.map((line) => z.looseObject({ event: z.string().optional() }).parse(JSON.parse(line)).event)
}

test("a service says who it is, starts its node again when that is killed, and ends with it", async () => {
  await using home = await emptyHome()
  const service = home.start(...SERVICE)
  const first = await served(home)
  expect(await findService(home)).toMatchObject({ pid: service.child.pid, args: SERVICE, service: true })
  expect((await stat(join(home.dataDir, "service.json"))).mode & 0o777).toBe(0o600)
  expect(first.pid).not.toBe(service.child.pid)
  await until(async () => (await events(home)).includes("supervisor_healthy"))

  const other = await home.spore(...SERVICE)
  expect(other).toMatchObject({ code: 1, stdout: "" })
  expect(other.stderr).toMatch(/^error: a node runs on .* already \(process \d+\)\nnext: /)

  process.kill(first.pid, "SIGKILL")
  const second = await served(home, first)
  service.child.kill("SIGTERM")
  expect(await service.ended).toEqual({ code: 0, stdout: "", stderr: "" })
  expect(isAlive(second)).toBe(false)
  expect(await findService(home)).toBeNull()
  await expect(stat(join(home.dataDir, "running.json"))).rejects.toMatchObject({ code: "ENOENT" })
  expect(await events(home)).toEqual(expect.arrayContaining(["supervisor_crashed", "supervisor_restarting"]))
})

test("a service with a limit in config.toml ends after a crash, with a code that systemd does not start again", async () => {
  await using home = await emptyHome()
  await home.init()
  await writeFile(join(home.dataDir, "config.toml"), "[research]\nmax_cost = 5\n")
  const service = home.start(...SERVICE)
  const node = await served(home)
  await until(async () => (await events(home)).includes("supervisor_healthy"))
  process.kill(node.pid, "SIGKILL")
  expect(await service.ended).toMatchObject({ code: 10 })
})

test("the node of a service that was killed ends in order, and the next service takes the folder", async () => {
  await using home = await emptyHome()
  const killed = home.start(...SERVICE)
  const first = await served(home)
  killed.child.kill("SIGKILL")
  await killed.ended
  // At once: the node is still about to end.
  const next = home.start(...SERVICE)
  const second = await served(home, first)
  expect(isAlive(first)).toBe(false)
  next.child.kill("SIGINT")
  expect(await next.ended).toMatchObject({ code: 0, stderr: "" })
  expect(isAlive(second)).toBe(false)
})

test.each([
  ["once ends both in order", ["SIGINT"], 0],
  // As two of one kind would be one.
  ["twice ends both at once", ["SIGINT", "SIGTERM"], 130],
] as const)("a signal to the whole group, as Ctrl-C is, %s", async (_, signals, code) => {
  await using home = await emptyHome()
  const { env } = home
  const service = spawn(process.execPath, [MAIN, ...SERVICE], { env, detached: true, stdio: "ignore" })
  const ended = once(service, "exit")
  const node = await served(home)
  for (const signal of signals) process.kill(-Number(service.pid), signal)
  expect(await ended).toEqual([code, null])
  expect(isAlive(node)).toBe(false)
  await expect(stat(join(home.dataDir, "running.json"))).rejects.toMatchObject({ code: "ENOENT" })
  expect(await findService(home)).toBeNull()
})

test("a service whose node cannot begin ends with its code and its words", async () => {
  await using home = await emptyHome()
  const { code, stderr } = await home.spore(...SERVICE, "--task", "nothing")
  expect(code).toBe(3)
  expect(stderr).toMatch(/^error: no task "nothing" is known here/)
  expect(await findService(home)).toBeNull()
})
