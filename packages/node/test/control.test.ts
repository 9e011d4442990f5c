import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { chmod, lstat, mkdir, mkdtemp, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises"
import { connect, createServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { SporeError } from "@spore/records"
import { temporaryFolder, until } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { askNode } from "../src/control/client.ts"
import { MAX_CONTROL_LINE } from "../src/control/protocol.ts"
import { type ControlledNode, serveControl } from "../src/control/server.ts"

const CID_TEXT = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"

/** A node that remembers what it was asked. */
function fakeNode(changes: Partial<ControlledNode> = {}): ControlledNode & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    nodeId: "self",
    connect: async (address) => {
      asked.push(`connect ${address}`)
      return "peer"
    },
    disconnect: async (peer) => void asked.push(`disconnect ${peer}`),
    fetchArtifact: async (cid) => void asked.push(`fetch ${cid.toString()}`),
    verify: async (id) => {
      asked.push(`verify ${id}`)
      return "record"
    },
    tryCandidate: () => Promise.reject(new Error("not asked for")),
    publishTrial: async (id) => {
      asked.push(`publish ${id}`)
      return "experiment"
    },
    collectArtifacts: () => Promise.reject(new Error("not asked for")),
    ...changes,
  }
}

/** Everything that comes on a socket until it ends. */
async function endOf(socket: Socket): Promise<string> {
  let text = ""
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
  socket.on("error", () => undefined)
  await once(socket, "close")
  return text
}

async function say(dataDir: string, text: string): Promise<unknown> {
  const socket = connect(join(dataDir, "control.sock"))
  socket.write(text)
  return JSON.parse(await endOf(socket))
}

describe("the control socket", () => {
  test("is made again where somebody deletes its file, and what is under way keeps its answer", async () => {
    await using folder = await temporaryFolder()
    const slow = Promise.withResolvers<string>()
    const lost: unknown[] = []
    const node = fakeNode({ verify: () => slow.promise })
    const server = await serveControl(folder.path, node, { watchMs: 5, onLost: (error) => void lost.push(error) })
    const underWay = say(folder.path, `${JSON.stringify({ op: "verify", experiment: CID_TEXT })}\n`)
    await until(async () => (await askNode(folder.path, { op: "ping" })) === "self")
    await rm(join(folder.path, "control.sock"))
    await until(async () => (await askNode(folder.path, { op: "ping" })) === "self")
    expect(lost).toEqual([null])
    slow.resolve("record")
    expect(await underWay).toMatchObject({ ok: true, result: "record" })
    await server.close()
    await expect(lstat(join(folder.path, "control.sock"))).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("has the node act, and tells what it answered", async () => {
    await using folder = await temporaryFolder()
    const node = fakeNode()
    const server = await serveControl(folder.path, node)
    expect(await askNode(folder.path, { op: "ping" })).toBe("self")
    expect(await askNode(folder.path, { op: "connect", address: "a:1" })).toBe("peer")
    expect(await askNode(folder.path, { op: "disconnect", peer: "peer" })).toBeNull()
    expect(await askNode(folder.path, { op: "fetch_artifact", cid: CID_TEXT })).toBeNull()
    expect(await askNode(folder.path, { op: "verify", experiment: "bafy" })).toBe("record")
    expect(await askNode(folder.path, { op: "publish_trial", trial: "t" })).toBe("experiment")
    expect(node.asked).toEqual(["connect a:1", "disconnect peer", `fetch ${CID_TEXT}`, "verify bafy", "publish t"])
    await server.close()
  })

  test("changes the version of a node that somebody starts again, and of no other", async () => {
    await using folder = await temporaryFolder()
    const switched: (string | null)[] = []
    const server = await serveControl(folder.path, fakeNode({ switchVersion: async (to) => switched.push(to) === 1 }))
    expect(await askNode(folder.path, { op: "switch_version", version: "1.2.3" })).toBe("changing")
    expect(await askNode(folder.path, { op: "switch_version", version: null })).toBeNull()
    expect(switched).toEqual(["1.2.3", null])
    await server.close()
    const waiting = await serveControl(folder.path, fakeNode({ callOffSwitch: () => "1.2.3" }))
    expect(await askNode(folder.path, { op: "call_off_switch" })).toBe("1.2.3")
    await waiting.close()
    const alone = await serveControl(folder.path, fakeNode())
    await expect(askNode(folder.path, { op: "call_off_switch" })).rejects.toMatchObject({ code: "not_supervised" })
    await expect(askNode(folder.path, { op: "switch_version", version: "1.2.3" })).rejects.toMatchObject({
      code: "not_supervised",
    })
    await alone.close()
  })

  test("gives up the rerun that its asker left, and none because the node stops", async () => {
    await using folder = await temporaryFolder()
    const signals: AbortSignal[] = []
    const node = fakeNode({
      verify: (_, signal) => {
        if (signal !== undefined) signals.push(signal)
        return Promise.withResolvers<string>().promise
      },
    })
    const server = await serveControl(folder.path, node)
    const leaving = new AbortController()
    const left = askNode(folder.path, { op: "verify", experiment: "bafy" }, leaving.signal)
    const waiting = askNode(folder.path, { op: "verify", experiment: "bafz" })
    const ended = Promise.allSettled([left, waiting])
    await until(() => signals.length === 2)
    leaving.abort()
    await until(() => signals.some(({ aborted }) => aborted))
    await server.close()
    expect((await ended).map(({ status }) => status)).toEqual(["rejected", "rejected"])
    expect(signals.filter(({ aborted }) => aborted)).toHaveLength(1)
  })

  test("is its owner's alone, and goes with the node", async () => {
    await using folder = await temporaryFolder()
    const server = await serveControl(folder.path, fakeNode())
    const info = await stat(join(folder.path, "control.sock"))
    expect(info.isSocket()).toBe(true)
    expect(info.mode & 0o777).toBe(0o600)
    await server.close()
    expect(await readdir(folder.path)).toEqual([])
    await expect(askNode(folder.path, { op: "ping" })).rejects.toMatchObject({
      code: "node_not_running",
      next: "start it with: spore run",
    })
  })

  test("a node's errors arrive with code and advice", async () => {
    await using folder = await temporaryFolder()
    const server = await serveControl(
      folder.path,
      fakeNode({
        connect: () => Promise.reject(new SporeError("dial_failed", "nobody there", { next: "try later" })),
        disconnect: () => Promise.reject(new SporeError("not_running", "the transport is not running")),
        fetchArtifact: () => Promise.reject(new TypeError("odd")),
      }),
    )
    await expect(askNode(folder.path, { op: "connect", address: "a:1" })).rejects.toMatchObject({
      code: "dial_failed",
      message: "nobody there",
      next: "try later",
    })
    await expect(askNode(folder.path, { op: "disconnect", peer: "p" })).rejects.toMatchObject({ code: "not_running" })
    await expect(askNode(folder.path, { op: "fetch_artifact", cid: CID_TEXT })).rejects.toMatchObject({
      code: "failed",
      message: "odd",
    })
    await expect(askNode(folder.path, { op: "fetch_artifact", cid: "../../etc" })).rejects.toBeInstanceOf(SporeError)
    await server.close()
  })

  test("what a killed node left is replaced", async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, "control.sock")
    const listening = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`
    const child = spawn(process.execPath, ["-e", listening], { stdio: ["ignore", "pipe", "inherit"] })
    await once(child.stdout, "data")
    child.kill("SIGKILL")
    await once(child, "exit")
    expect((await stat(path)).isSocket()).toBe(true)
    await expect(askNode(folder.path, { op: "ping" })).rejects.toMatchObject({ code: "node_not_running" })
    const server = await serveControl(folder.path, fakeNode())
    expect(await askNode(folder.path, { op: "ping" })).toBe("self")
    await server.close()
  })

  test("a path too long for a socket is led elsewhere, to a folder of its owner alone, which goes with the node", async () => {
    await using folder = await temporaryFolder()
    const dataDir = join(folder.path, "d".repeat(100))
    const server = await serveControl(dataDir, fakeNode())
    const target = await readlink(join(dataDir, "control.sock"))
    expect((await lstat(dirname(target))).mode & 0o777).toBe(0o700)
    expect(await askNode(dataDir, { op: "ping" })).toBe("self")
    await server.close()
    await expect(stat(dirname(target))).rejects.toMatchObject({ code: "ENOENT" })
    // As a killed node leaves it.
    await symlink(target, join(dataDir, "control.sock"))
    await expect(askNode(dataDir, { op: "ping" })).rejects.toMatchObject({ code: "node_not_running" })
    const again = await serveControl(dataDir, fakeNode())
    expect(await askNode(dataDir, { op: "ping" })).toBe("self")
    await again.close()
  })

  test.each(["at the start", "at the end"])(
    "what a link leads to stays, unless it is such a socket: %s",
    async (when) => {
      await using folder = await temporaryFolder()
      const dataDir = join(folder.path, "d".repeat(100))
      const place = join(dataDir, "control.sock")
      const foreign = await mkdtemp(join(tmpdir(), "spore-control-"))
      const listening = createServer()
      try {
        const files = [join(folder.path, "keys", "id_ed25519"), join(foreign, "control.sock")]
        await mkdir(join(folder.path, "keys"))
        for (const file of files) await writeFile(file, "mine")
        const other = join(folder.path, "other.sock")
        await new Promise<void>((resolve) => listening.listen(other, resolve))
        const link = async (target: string): Promise<void> => {
          await rm(place, { force: true })
          await symlink(target, place)
        }
        for (const target of [...files, other]) {
          await mkdir(dataDir, { recursive: true })
          if (when === "at the start") await link(target)
          const server = await serveControl(dataDir, fakeNode())
          if (when === "at the end") await link(target)
          await server.close()
          expect(existsSync(target)).toBe(true)
          await expect(lstat(place)).rejects.toMatchObject({ code: "ENOENT" })
        }
      } finally {
        await new Promise((resolve) => listening.close(resolve))
        await rm(foreign, { recursive: true })
      }
    },
  )

  test("a folder that others may write to is refused by both sides", async () => {
    await using folder = await temporaryFolder()
    const dataDir = join(folder.path, "shared")
    await mkdir(dataDir)
    await chmod(dataDir, 0o777)
    const refusal = { code: "control_unsafe", next: `chmod go-w ${dataDir}` }
    await expect(serveControl(dataDir, fakeNode())).rejects.toMatchObject(refusal)
    await expect(askNode(dataDir, { op: "ping" })).rejects.toMatchObject(refusal)
  })

  test.skipIf(process.getuid?.() !== 0)("another user cannot open it", async () => {
    await using folder = await temporaryFolder()
    await chmod(folder.path, 0o755)
    const server = await serveControl(folder.path, fakeNode())
    const path = JSON.stringify(join(folder.path, "control.sock"))
    const program = `require("net").connect(${path}).on("error", (e) => console.log(e.code)).on("connect", () => console.log("open"))`
    const child = spawn(process.execPath, ["-e", program], { uid: 65534, gid: 65534, cwd: "/" })
    let said = ""
    child.stdout.on("data", (data) => (said += String(data)))
    await once(child, "close")
    expect(said).toBe("EACCES\n")
    await server.close()
  })

  test.each([
    ["no JSON", "hello\n"],
    ["no object", "null\n"],
    ["an unknown request", '{"op":"stop"}\n'],
    ["a field too many", '{"op":"ping","x":1}\n'],
    ["an empty address", '{"op":"connect","address":""}\n'],
    ["a long address", `${JSON.stringify({ op: "connect", address: "a".repeat(4096) })}\n`],
    ["an endless line", "x".repeat(MAX_CONTROL_LINE + 1)],
    ["bytes that are no text", "\u0000\uFFFD\n"],
  ])("refuses %s", async (_, text) => {
    await using folder = await temporaryFolder()
    const node = fakeNode()
    const server = await serveControl(folder.path, node)
    expect(await say(folder.path, text)).toMatchObject({ ok: false, code: "bad_request" })
    expect(node.asked).toEqual([])
    expect(await askNode(folder.path, { op: "ping" })).toBe("self")
    await server.close()
  })

  test("who never sends, and who never reads and never ends, is let go", async () => {
    await using folder = await temporaryFolder()
    const server = await serveControl(folder.path, fakeNode(), { timeoutMs: 100 })
    const path = join(folder.path, "control.sock")
    const silent = connect(path)
    const stubborn = connect({ path, allowHalfOpen: true })
    stubborn.write('{"op":"ping"}\n')
    stubborn.pause()
    silent.on("error", () => undefined)
    stubborn.on("error", () => undefined)
    expect(await endOf(silent)).toBe("")
    // Its own end stays open; that the other one is gone shows when it writes.
    const timer = setInterval(() => stubborn.write("x"), 20)
    await new Promise<void>((resolve) => stubborn.once("close", () => resolve()))
    clearInterval(timer)
    // In less time than that a busy machine may not get a request through.
    expect(await until(() => askNode(folder.path, { op: "ping" }), { what: "an answer" })).toBe("self")
    await server.close()
  })

  test("long requests keep nobody from asking for what is short, and are bounded too", async () => {
    await using folder = await temporaryFolder()
    let begun = 0
    const node = fakeNode({
      verify: () => {
        begun++
        return Promise.withResolvers<string>().promise
      },
    })
    const server = await serveControl(folder.path, node)
    const verify = (signal?: AbortSignal): Promise<string | null> =>
      askNode(folder.path, { op: "verify", experiment: "bafy" }, signal)
    const leaving = new AbortController()
    const waiting = Array.from({ length: 128 }, () => verify(leaving.signal))
    const ended = Promise.allSettled(waiting)
    await until(() => begun === 128, { what: "the requests to begin" })
    expect(await askNode(folder.path, { op: "connect", address: "a:1" })).toBe("peer")
    await expect(verify()).rejects.toMatchObject({ code: "busy", next: /spore status/ })
    leaving.abort()
    await ended
    await server.close()
  })

  test("who comes when there are too many connections is told so", async () => {
    await using folder = await temporaryFolder()
    const server = await serveControl(folder.path, fakeNode(), { timeoutMs: 60_000 })
    const silent = Array.from({ length: 256 }, () => connect(join(folder.path, "control.sock")))
    await Promise.all(silent.map((socket) => once(socket, "connect")))
    const ask = (): Promise<string | null> => askNode(folder.path, { op: "ping" })
    await expect(ask()).rejects.toMatchObject({ code: "busy" })
    for (const socket of silent) socket.destroy()
    expect(await until(ask, { what: "room for a connection" })).toBe("self")
    await server.close()
  })

  test("requests under way are bounded, also of clients that went away", async () => {
    await using folder = await temporaryFolder()
    const gate = Promise.withResolvers<string>()
    let begun = 0
    const server = await serveControl(
      folder.path,
      fakeNode({
        connect: () => {
          begun++
          return gate.promise
        },
      }),
    )
    for (let i = 0; i < 16; i++) {
      const ending = new AbortController()
      const asked = askNode(folder.path, { op: "connect", address: "a:1" }, ending.signal)
      await until(() => begun === i + 1, { what: "the request to begin" })
      ending.abort(new TypeError("enough"))
      await expect(asked).rejects.toThrow("enough")
    }
    const ask = (): Promise<string | null> => askNode(folder.path, { op: "ping" })
    await expect(ask()).rejects.toMatchObject({ code: "busy" })
    gate.resolve("peer")
    expect(await until(ask, { what: "room for a request" })).toBe("self")
    await server.close()
  })

  test("a request under way when the node stops gets no answer", async () => {
    await using folder = await temporaryFolder()
    const begun = Promise.withResolvers<void>()
    const server = await serveControl(
      folder.path,
      fakeNode({
        connect: () => {
          begun.resolve()
          return new Promise(() => undefined)
        },
      }),
    )
    const asked = askNode(folder.path, { op: "connect", address: "a:1" }).catch((error: unknown) => error)
    await begun.promise
    await server.close()
    expect(await asked).toMatchObject({ code: "node_not_running" })
  })

  test.each([
    ["no JSON", "hello\n"],
    ["another shape", '{"ok":"yes"}\n'],
    ["an endless answer", "x".repeat(MAX_CONTROL_LINE + 1)],
  ])("a client takes %s for another version", async (_, answer) => {
    await using folder = await temporaryFolder()
    const server = createServer((socket) => {
      socket.on("error", () => undefined)
      socket.end(answer)
    })
    server.listen(join(folder.path, "control.sock"))
    await once(server, "listening")
    await expect(askNode(folder.path, { op: "ping" })).rejects.toMatchObject({ code: "bad_answer" })
    server.close()
  })

  test("a file in its place is nobody's socket, and is replaced", async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, "control.sock"), "")
    await expect(askNode(folder.path, { op: "ping" })).rejects.toMatchObject({ code: "node_not_running" })
    const server = await serveControl(folder.path, fakeNode())
    expect(await askNode(folder.path, { op: "ping" })).toBe("self")
    await server.close()
  })
})
