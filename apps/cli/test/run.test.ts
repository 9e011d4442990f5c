import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises"
import { createServer, type Server } from "node:net"
import { join } from "node:path"
import { expect, test } from "vitest"
import { z } from "zod"
import { emptyHome, type Home } from "./support/spore.ts"
import { jsonObject } from "./support/match.ts"

const runningSchema = z.object({ url: z.string() })

/** A node that carries facts only needs no sandbox and starts fast. */
const CARRY = ["run", "--solo", "--no-train"]

interface BusyPort extends AsyncDisposable {
  readonly port: number
}

async function busyPort(): Promise<BusyPort> {
  const server: Server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve)
  })
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port")
  return {
    port: address.port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}

/** That a failed start left the folder usable. */
async function expectFree(home: Home): Promise<void> {
  await expect(stat(join(home.dataDir, "running.json"))).rejects.toMatchObject({ code: "ENOENT" })
}

test("runs until Ctrl-C, ends with 0 and says what was done and where the data is", async () => {
  await using home = await emptyHome()
  const node = home.start(...CARRY)
  await node.says(/explorer http:\/\/localhost:\d+/)
  const { url } = runningSchema.parse(jsonObject(await readFile(join(home.dataDir, "running.json"), "utf8")))
  const response = await fetch(`${url}/api/v1/status`)
  expect(await response.json()).toMatchObject({ mode: "sync" })
  expect((await stat(join(home.dataDir, "running.json"))).mode & 0o777).toBe(0o600)
  node.child.kill("SIGINT")
  const { code, stdout, stderr } = await node.ended
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  expect(stdout).toMatch(/stopped after .*\n.* data in ~\/\.spore; the same command continues there\n$/)
  await expectFree(home)
})

test("a new folder begins with char-lm, whatever else is bundled", async () => {
  await using home = await emptyHome()
  const node = home.start("run", "--solo", "--unsandboxed", "own")
  await node.says(/(?:experiment|baseline) of char-lm/)
  node.child.kill("SIGINT")
  expect((await node.ended).code).toBe(0)
})

test("SIGTERM ends it as well, and the log is in the data folder alone", async () => {
  await using home = await emptyHome()
  const node = home.start(...CARRY, "--json")
  await node.says(/"type":"ready"/)
  node.child.kill("SIGTERM")
  const { code, stdout } = await node.ended
  expect(code).toBe(0)
  const events = stdout
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line))
  expect(events.at(0)).toMatchObject({ type: "ready", mode: "sync", data_dir: home.dataDir })
  expect(events.at(-1)).toMatchObject({ type: "stopped", experiments: 0, data_dir: home.dataDir })
  expect(await readFile(join(home.dataDir, "logs", "node.log"), "utf8")).toContain("node started")
})

test("a second run on the folder is refused, and the first goes on", async () => {
  await using home = await emptyHome()
  const node = home.start(...CARRY)
  await node.says(/explorer/)
  const second = await home.spore(...CARRY)
  expect(second).toMatchObject({ code: 1, stdout: "" })
  expect(second.stderr).toContain(`process ${node.child.pid}`)
  expect(second.stderr).toMatch(/next: .*--data-dir/)
  const status = jsonObject((await home.spore("status", "--json")).stdout)
  expect(status).toMatchObject({ running: { pid: node.child.pid }, node: { mode: "sync", notices: [] } })
  expect((await home.spore("status")).stdout).toMatch(/^node\t\S{8} running for .*, process \d+, mode sync$/m)
  node.child.kill("SIGINT")
  expect(await node.ended).toMatchObject({ code: 0 })
})

test("a node that was killed does not block the next", async () => {
  await using home = await emptyHome()
  const killed = home.start(...CARRY)
  await killed.says(/explorer/)
  killed.child.kill("SIGKILL")
  await killed.ended
  expect(jsonObject((await home.spore("status", "--json")).stdout)).toMatchObject({ running: null })
  const next = home.start(...CARRY)
  await next.says(/explorer/)
  next.child.kill("SIGINT")
  expect(await next.ended).toMatchObject({ code: 0 })
})

test.each([
  ["--web-port", "--port"],
  ["--port", "--web-port"],
])("a busy port is told with the flag to change: %s", async (flag, other) => {
  await using home = await emptyHome()
  await using busy = await busyPort()
  const { code, stdout, stderr } = await home.spore(...CARRY, flag, String(busy.port), other, "0")
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
  expect(stderr).toContain(String(busy.port))
  expect(stderr).toMatch(new RegExp(`next: .* ?${flag}\\b`))
  await expectFree(home)
  expect(await home.spore("status")).toMatchObject({ code: 0 })
})

test("a broken config.toml is told by line, left as it is, and nothing runs", async () => {
  await using home = await emptyHome()
  await home.init()
  const path = join(home.dataDir, "config.toml")
  const broken = "# mine\nport = 7470\nweb_prot = 1\n"
  await writeFile(path, broken)
  const { code, stdout, stderr } = await home.spore(...CARRY)
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
  expect(stderr).toMatch(/^error: .*config\.toml, line 3: unknown key "web_prot"\nnext: remove it; the keys are port, /)
  expect(await readFile(path, "utf8")).toBe(broken)
  await expectFree(home)
})

test("a key that others can read stops the start with the line that closes it", async () => {
  await using home = await emptyHome()
  await home.init()
  const key = join(home.dataDir, "identity.pem")
  await chmod(key, 0o644)
  const { code, stderr } = await home.spore(...CARRY)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^error: others can read the identity key .*\nnext: chmod 600 /)
  await chmod(key, 0o600)
  const node = home.start(...CARRY)
  await node.says(/explorer/)
  node.child.kill("SIGINT")
  expect(await node.ended).toMatchObject({ code: 0 })
})

test("a task that nobody can bring is refused, one that a peer may bring is waited for", async () => {
  await using home = await emptyHome()
  expect(await home.spore(...CARRY, "--task", "nothing")).toMatchObject({ code: 3, stdout: "" })
  await expectFree(home)
  const node = home.start("run", "--no-train", "--task", "nothing")
  await node.says(/notice: No task "nothing" is known here yet/)
  node.child.kill("SIGINT")
  expect(await node.ended).toMatchObject({ code: 0 })
})

test("an address that cannot be dialled is a usage error", async () => {
  await using home = await emptyHome()
  const { code, stderr } = await home.spore("run", "--no-train", "--peer", "not an address")
  expect(code).toBe(2)
  expect(stderr).toMatch(/^error: .*not an address.*\nnext: /)
  await expectFree(home)
})

test("data of sporemesh 0.6 that cannot be read is named and left as it is, and the node runs", async () => {
  await using home = await emptyHome()
  await mkdir(join(home.dataDir, "db"), { recursive: true })
  await writeFile(join(home.dataDir, "db", "graph.sqlite"), "old graph")
  const config = 'host = "0.0.0.0"\nport = 1\ndata_dir = "~/.spore"\npeer = ["a:1"]\n'
  await writeFile(join(home.dataDir, "config.toml"), config)
  const node = home.start(...CARRY)
  await node.says(/explorer/)
  node.child.kill("SIGINT")
  const { code, stderr } = await node.ended
  expect(code).toBe(0)
  expect(stderr).toMatch(/^0 facts and 0 artifacts of sporemesh 0\.6 imported from ~\/\.spore, 1 refused; /)
  expect(stderr).toMatch(/^db\/graph\.sqlite: unreadable: /m)
  expect(await readFile(join(home.dataDir, "config.toml.sporemesh-0.6"), "utf8")).toBe(config)
  expect(await readFile(join(home.dataDir, "db", "graph.sqlite"), "utf8")).toBe("old graph")
})

test("when whoever reads its output goes, it ends in order", async () => {
  await using home = await emptyHome()
  const node = home.start(...CARRY)
  await node.says(/explorer/)
  node.child.stdout?.destroy()
  // Something to write: the task reaches the running node through the shared folder.
  const fixture = join(import.meta.dirname, "fixtures", "parabola")
  expect(await home.spore("task", "create", "--bundle", fixture)).toMatchObject({ code: 0 })
  expect((await node.ended).code).toBe(0)
  await expectFree(home)
})
