import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { join } from "node:path"
import { dataPaths, findRunning } from "@spore/node/local"
import { identityOf, ownIdentity } from "@spore/operator/process"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"
import { findSupervisor, supervisorPath } from "../src/service/claim.ts"
import { stopNode } from "../src/service/stop.ts"
import { type BackgroundHome, backgroundHome } from "./support/background.ts"
import { checkFields, documented } from "./support/json-docs.ts"
import { jsonObject, like } from "./support/match.ts"

/** A node that carries facts only needs no sandbox and starts fast. */
const CARRY = ["--solo", "--no-train"]

const upSchema = z.object({
  started: z.boolean(),
  pid: z.number(),
  url: z.string(),
  service: z.object({ pid: z.number(), args: z.array(z.string()) }),
})

async function startNode(home: BackgroundHome, ...flags: string[]): Promise<z.infer<typeof upSchema>> {
  const { code, stdout, stderr } = await home.spore("start", "--json", ...flags)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  checkFields(await documented(), "spore start", jsonObject(stdout), "spore start")
  return upSchema.parse(JSON.parse(stdout))
}

async function statusOf(home: BackgroundHome, ...flags: string[]): Promise<Record<string, unknown>> {
  const status = jsonObject((await home.here("status", "--json", ...flags)).stdout)
  checkFields(await documented(), "spore status", status, "spore status")
  return status
}

test("start, status, logs, restart and stop: the life of a node in the background", async () => {
  await using home = await backgroundHome()
  const first = await home.spore("start", ...CARRY, "--resource", "50")
  expect(first).toMatchObject({ code: 0, stderr: "" })
  expect(first.stdout).toMatch(/^node\tprocess \d+, since .*\nexplorer\thttp:\/\/localhost:\d+\n/)
  expect(first.stdout).toMatch(/^flags\t--solo --no-train --resource=50$/m)
  const url = /http:\S+/.exec(first.stdout)?.[0] ?? ""
  expect(await (await fetch(`${url}/api/v1/status`)).json()).toMatchObject({ mode: "sync" })

  // Idempotent, and who wants other flags is told how.
  const again = await home.spore("start", "--json", "--port", "0")
  expect(again).toMatchObject({ code: 0, stderr: like(/already; .*spore restart/) })
  const running = upSchema.parse(JSON.parse(again.stdout))
  expect(running).toMatchObject({ started: false, url, service: { args: ["--solo", "--no-train", "--resource=50"] } })
  expect(await statusOf(home)).toMatchObject({
    running: { pid: running.pid },
    service: { pid: running.service.pid, args: ["--solo", "--no-train", "--resource=50"] },
    last_failure: null,
  })
  expect((await home.here("status")).stdout).toMatch(/^service\tin the background since 20.*, with --solo /m)
  // It is meant to be alone.
  expect((await home.here("doctor", "--json")).stdout).toContain('"check":"peers","level":"ok"')
  expect((await home.here("logs")).stdout).toMatch(/ info {2}node started {2}version=/)
  for (const name of ["node.log", "service.log"]) {
    expect((await stat(join(home.dataDir, "logs", name))).mode & 0o777).toBe(0o600)
  }

  // A restart keeps the flags, unless others are given.
  const restarted = upSchema.parse(JSON.parse((await home.spore("restart", "--json")).stdout))
  expect(restarted).toMatchObject({ started: true, service: { args: running.service.args } })
  expect(restarted.pid).not.toBe(running.pid)
  const changed = upSchema.parse(JSON.parse((await home.spore("restart", "--json", ...CARRY)).stdout))
  expect(changed.service.args).toEqual(CARRY)

  expect(await home.spore("stop")).toMatchObject({ code: 0, stdout: "stopped\n", stderr: "" })
  expect(await home.holders()).toEqual([])
  expect(await home.spore("stop")).toMatchObject({ code: 0, stdout: "no node runs\n", stderr: "" })

  // Of a stopped one too.
  expect((await stat(join(home.dataDir, "service-flags.json"))).mode & 0o777).toBe(0o600)
  const revived = await home.spore("restart", "--json")
  expect(revived).toMatchObject({ code: 0, stderr: like(/with the flags of its last start: --solo --no-train\n/) })
  expect(upSchema.parse(JSON.parse(revived.stdout))).toMatchObject({ started: true, service: { args: CARRY } })
  expect(await home.spore("stop")).toMatchObject({ code: 0 })
  expect(await statusOf(home)).toMatchObject({ running: null, service: null, last_failure: null })
  for (const path of [supervisorPath(home.dataDir), dataPaths(home.dataDir).running]) {
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" })
  }
})

test("status between two nodes of a supervisor says that one starts, not how to start one", async () => {
  await using home = await backgroundHome()
  await home.init()
  const path = supervisorPath(home.dataDir)
  await writeFile(path, JSON.stringify({ started_at: 1, args: ["run"], service: true, ...ownIdentity() }))
  const { stdout } = await home.here("status")
  await rm(path)
  expect(stdout).toMatch(/^node\tstarting /)
})

test("Ctrl-C while a node starts says that it goes on", async () => {
  await using home = await backgroundHome()
  const starting = home.start("start", ...CARRY)
  await until(() => findSupervisor(home.dataDir), { what: "a supervisor" })
  starting.child.kill("SIGINT")
  const { code, stderr } = await starting.ended
  // Where it was up by then, the start has said that.
  const told = code === 0 ? { code: 0, stderr: "" } : { code: 130, stderr: like(/^it goes on starting .*spore stop/) }
  expect({ code, stderr }).toEqual(told)
  await until(async () => (await findRunning(dataPaths(home.dataDir).running))?.url ?? null, { what: "the node" })
})

test("two starts at once come to one node, and two data folders have one each", async () => {
  await using home = await backgroundHome("other")
  const other = join(home.path, "other")
  const [a, b, c] = await Promise.all([
    startNode(home, ...CARRY),
    startNode(home, ...CARRY),
    startNode(home, ...CARRY, "--data-dir", other),
  ])
  expect(a.started).toBe(!b.started)
  expect(a.pid).toBe(b.pid)
  expect(c).toMatchObject({ started: true })
  expect(c.pid).not.toBe(a.pid)
  expect(await home.spore("stop", "--data-dir", other)).toMatchObject({ stdout: "stopped\n" })
  expect(await home.holders(other)).toEqual([])
  expect(await home.holders()).toContain(a.pid)
})

test("a stop while a node starts waits for it and ends it, and the start says so", async () => {
  await using home = await backgroundHome()
  const starting = home.spore("start", ...CARRY)
  await until(
    () =>
      stat(join(home.dataDir, "starting.json")).then(
        () => true,
        () => false,
      ),
    { what: "a start" },
  )
  expect(await home.spore("stop")).toMatchObject({ code: 0, stdout: "stopped\n" })
  // Where it was up by then, the start has said that.
  const { code, stdout, stderr } = await starting
  const told = code === 0 ? stdout : stderr
  expect({ code, told }).toEqual(
    code === 0 ? { code, told: like(/^node\t/) } : { code: 130, told: like(/stopped before it was up/) },
  )
  expect(await home.holders()).toEqual([])
})

test("after kill -9 of node and supervisor the next start runs, and status says what became of the last", async () => {
  await using home = await backgroundHome()
  const { pid: killed, service } = await startNode(home, ...CARRY)
  process.kill(killed, "SIGKILL")
  // The supervisor starts another, and status says why.
  const pid = await until(async () => {
    const running = await findRunning(dataPaths(home.dataDir).running)
    return running?.url === null || running?.pid === killed ? null : running?.pid
  })
  expect(await statusOf(home)).toMatchObject({
    running: { pid },
    service: { pid: service.pid },
    last_failure: { reason: like(/SIGKILL/) },
  })
  process.kill(service.pid, "SIGKILL")
  process.kill(pid, "SIGKILL")
  await until(async () => (await home.holders()).length === 0, { what: "their end" })
  expect(await statusOf(home)).toMatchObject({
    running: null,
    service: null,
    last_failure: { at: null, reason: like(/^it ended without a word/) },
  })
  expect((await home.here("status")).stdout).toMatch(/^failed\tit ended without a word: .* \(spore logs\)$/m)
  expect(await startNode(home, ...CARRY)).toMatchObject({ started: true })
  expect(await statusOf(home)).toMatchObject({ last_failure: null })
})

test("the error of a node that cannot start is told as its own, and leaves the folder free", async () => {
  await using home = await backgroundHome()
  const busy = createServer()
  busy.listen(0, "127.0.0.1")
  await once(busy, "listening")
  const address = busy.address()
  const port = typeof address === "object" && address !== null ? String(address.port) : ""
  const { code, stdout, stderr } = await home.spore("start", ...CARRY, "--web-port", port)
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
  expect(stderr).toMatch(new RegExp(`^error: .*${port}.*\nnext: spore start --web-port`))
  busy.close()
  expect(await home.holders()).toEqual([])
  expect(await statusOf(home)).toMatchObject({ last_failure: { reason: like(new RegExp(port)) } })

  await writeFile(join(home.dataDir, "config.toml"), "prot = 1\n")
  expect(await home.spore("start", "--json")).toMatchObject({ code: 1, stderr: like(/"code":"bad_config"/) })
  await writeFile(join(home.dataDir, "config.toml"), "")
  expect(await home.spore("start", "--solo", "--peer", "a:1")).toMatchObject({ code: 2 })
  expect(await startNode(home, ...CARRY)).toMatchObject({ started: true })
})

test("a folder that cannot be made or written is told at once", async () => {
  await using home = await backgroundHome()
  const file = join(home.path, "file")
  await writeFile(file, "")
  expect(await home.here("start", "--data-dir", join(file, "below"))).toMatchObject({
    code: 1,
    stderr: like(/^error: cannot use the data folder .*\nnext: .*--data-dir/),
  })
})

test.skipIf(process.getuid?.() === 0)("a read-only folder is told at once (not as root)", async () => {
  await using home = await backgroundHome()
  await mkdir(home.dataDir)
  await chmod(home.dataDir, 0o500)
  expect(await home.here("start")).toMatchObject({ code: 1, stderr: like(/^error: cannot use the data folder /) })
  await chmod(home.dataDir, 0o700)
})

test("a node in a terminal is stopped too; restart wants its flags", async () => {
  await using home = await backgroundHome()
  const node = home.start("run", ...CARRY)
  await node.says(/explorer/)
  const up = await home.spore("start")
  expect(up).toMatchObject({ code: 0, stdout: like(/, not in the background$/m), stderr: like(/already/) })
  expect(await home.spore("restart")).toMatchObject({ code: 2, stderr: like(/flags are not known/) })
  expect(await home.spore("stop")).toMatchObject({ code: 0, stdout: "stopped\n" })
  expect(await node.ended).toMatchObject({ code: 0 })
})

test("what does not end in order is killed, and nobody else is", async () => {
  await using home = await backgroundHome()
  await home.init()
  const deaf = spawn(process.execPath, [
    "-e",
    'process.on("SIGTERM", () => {}); console.log(1); setInterval(() => {}, 1e6)',
  ])
  const ended = once(deaf, "exit")
  await once(deaf.stdout, "data")
  const running = dataPaths(home.dataDir).running
  const fields = { started_at: 1, url: "http://localhost:1", addresses: [] }
  const { pid, process_start } = identityOf(deaf.pid ?? 0)
  // A file of a process that is gone, whose number another has by now; one that could mean anybody.
  for (const start of [`${process_start}1`, null]) {
    await writeFile(running, JSON.stringify({ ...fields, pid, process_start: start }))
    expect(await stopNode({ dataDir: home.dataDir })).toBeNull()
  }
  expect(deaf.exitCode).toBeNull()
  await writeFile(running, JSON.stringify({ ...fields, pid, process_start }))
  expect(await stopNode({ dataDir: home.dataDir, orderMs: 100 })).toEqual({ pids: [pid], killed: true })
  expect(await ended).toEqual([null, "SIGKILL"])
})

test("the flags of a start are what the node is told, whatever is in them", async () => {
  await using home = await backgroundHome()
  const odd = `printf '%s' "a b" $HOME; --x`
  const { service } = await startNode(home, "--agent-cmd", odd, "--solo", "--unsandboxed", "own", "--until", "8h")
  expect(service.args).toEqual(["--solo", "--unsandboxed=own", `--agent-cmd=${odd}`, "--until=8h"])
  const log = await until(async () => {
    const text = await readFile(join(home.dataDir, "logs", "node.log"), "utf8")
    return text.includes("research by") ? text : null
  })
  expect(log).toContain("until ")
})
