import { type ChildProcess, execFile, spawn } from "node:child_process"
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { until } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { type ChannelFixture, DAY, refusal, startChannel } from "./fixture.ts"

const run = promisify(execFile)
const isRoot = process.getuid?.() === 0

interface ClientInit {
  times?: number
  path?: string
  folder?: string
}

function clientArguments(fixture: ChannelFixture, { times = 1, path, folder = fixture.cache }: ClientInit): string[] {
  const root = join(fixture.repository.folder, "metadata", "1.root.json")
  const script = fileURLToPath(new URL("processes/client.ts", import.meta.url))
  const now = String(fixture.clock.now())
  return [script, fixture.server.url, root, folder, now, String(times), ...(path === undefined ? [] : [path])]
}

function startClient(fixture: ChannelFixture, init: ClientInit): ChildProcess & { lines(): string[] } {
  const child = spawn(process.execPath, clientArguments(fixture, init), { stdio: ["ignore", "pipe", "inherit"] })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk
  })
  return Object.assign(child, { lines: () => text.split("\n").slice(0, -1) })
}

/** All files below a folder, by path. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

describe("a full disk", () => {
  const big = (): Record<string, string> => ({ "dist/cli.js": randomBytes(150_000).toString("base64") })

  test("in the middle of an archive: a limit on files stands for it", async () => {
    await using fixture = await startChannel()
    await fixture.publish("1.1.0", big())
    const path = join(fixture.path, "got.tgz")
    const limited = `ulimit -f 64 && exec "$0" "$@"`
    const { stdout } = await run("sh", ["-c", limited, process.execPath, ...clientArguments(fixture, { path })])
    expect(stdout).toBe("disk_full\n")
    expect((await readdir(fixture.path)).filter((name) => name.startsWith("got"))).toEqual([])

    await fixture.open().download(await fixture.open().latest(), path)
    expect((await stat(path)).size).toBeGreaterThan(150_000)
  })

  test("in the middle of metadata: what was kept before is kept", async () => {
    await using fixture = await startChannel()
    await fixture.open().latest()
    const kept = await readKept(fixture)
    // Some 200 bytes of targets for each release: with these more than the limit allows, in blocks of 512 or 1024.
    for (let i = 1; i <= 12; i++) await fixture.publish(`1.${i}.0`)
    const limited = `ulimit -f 2 && exec "$0" "$@"`
    const { stdout } = await run("sh", ["-c", limited, process.execPath, ...clientArguments(fixture, {})])
    expect(stdout).toBe("disk_full\n")
    expect(await readKept(fixture, "targets.json")).toEqual(kept)
    expect((await fixture.open().latest()).version).toBe("1.12.0")
  })

  test.skipIf(!isRoot || process.platform !== "linux")("a real one (needs root, for a mount)", async ({ skip }) => {
    await using fixture = await startChannel()
    await fixture.publish("1.1.0", big())
    const disk = join(fixture.path, "disk")
    await mkdir(disk)
    const mount = run("unshare", ["--mount", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk])
    if (!(await mount.then(() => true).catch(() => false))) skip("this machine does not let us mount")

    const script = `mount -t tmpfs -o size=100k tmpfs "$1" && shift && "$0" "$@"; ls -A "$DISK"`
    const client = clientArguments(fixture, { path: join(disk, "got.tgz") })
    const { stdout } = await run("unshare", ["--mount", "sh", "-c", script, process.execPath, disk, ...client], {
      env: { ...process.env, DISK: disk },
    })
    expect(stdout).toBe("disk_full\n")
  })
})

async function readKept(fixture: ChannelFixture, name = "targets.json"): Promise<Buffer> {
  const [path = ""] = (await filesBelow(fixture.cache)).filter((one) => one.endsWith(name))
  return readFile(path)
}

test("killed at any moment of a look, a client goes on with the next, and still refuses what went back", async () => {
  await using fixture = await startChannel()
  const before = await fixture.metadata("timestamp.json")
  for (let i = 1; i <= 10; i++) {
    fixture.clock.advance(DAY)
    await fixture.publish(`1.${i}.0`)
    const client = startClient(fixture, { times: 1_000, path: join(fixture.path, "got.tgz") })
    fixture.server.requests.splice(0)
    // At the first request, the second, and so on, and some moments after: the network's answers and the disk's writes.
    await until(() => fixture.server.requests.length >= i, { intervalMs: 1, what: "the request to be killed at" })
    client.kill("SIGKILL")
    await once(client, "close")
    expect(client.lines().filter((line) => line !== `1.${i}.0`)).toEqual([])
    expect((await fixture.open().latest()).version).toBe(`1.${i}.0`)
    fixture.serve({ "timestamp.json": before })
    expect(await refusal(fixture.open().latest())).toMatch(/^channel_untrusted: /)
    fixture.server.behave()
  }
  const left = await filesBelow(fixture.cache)
  expect(left.filter((path) => path.endsWith(".tmp"))).toEqual([])
})

test("several processes look at once, while releases appear", async () => {
  await using fixture = await startChannel()
  const clients = [1, 2, 3].map(() => startClient(fixture, { times: 15 }))
  const ended = Promise.all(clients.map((client) => once(client, "close")))
  for (let i = 1; i <= 8; i++) {
    await fixture.publish(`1.${i}.0`)
    const asked = fixture.server.requests.length
    await until(() => fixture.server.requests.length > asked || clients.every((client) => client.exitCode !== null))
  }
  await ended
  for (const client of clients) {
    const lines = client.lines()
    expect(lines).toHaveLength(15)
    expect(lines.every((line) => /^1\.\d\.0$/.test(line))).toBe(true)
    expect(lines.toSorted()).toEqual(lines)
  }
  // They may all have ended before the last release.
  await fixture.open().latest()
  expect(await readKept(fixture, "timestamp.json")).toEqual(await fixture.metadata("timestamp.json"))
})

test("what is kept is this user's alone", async () => {
  await using fixture = await startChannel()
  await fixture.open().latest()
  const files = await filesBelow(fixture.cache)
  expect(files).toHaveLength(3)
  for (const path of files) expect((await stat(path)).mode & 0o077).toBe(0)
})

test("whatever becomes of what is kept, the channel is read anew", async () => {
  await using fixture = await startChannel()
  await fixture.repository.rotateRoot(fixture.keys)
  await fixture.open().latest()
  const files = await filesBelow(fixture.cache)
  expect(files).toHaveLength(4)
  for (const path of files) {
    for (const bytes of ["", "{", "null", "[]", '{"signed":{}}', await readFile(files[0] ?? "", "utf8")]) {
      await writeFile(path, bytes)
      expect((await fixture.open().latest()).version).toBe("1.0.0")
    }
    await rm(path)
    await mkdir(join(path, "folder"), { recursive: true })
    expect((await fixture.open().latest()).version).toBe("1.0.0")
    expect((await stat(path)).isFile()).toBe(true)
  }
})

test.skipIf(isRoot)("a folder that cannot be written (root can write all)", async () => {
  await using fixture = await startChannel()
  await mkdir(fixture.cache)
  await chmod(fixture.cache, 0o500)
  expect(await refusal(fixture.open().latest())).toMatch(/^versions_read_only: /)
})

test("a file where the folder should be", async () => {
  await using fixture = await startChannel()
  await writeFile(fixture.cache, "")
  expect(await refusal(fixture.open().latest())).toMatch(/^versions_read_only: /)
})
