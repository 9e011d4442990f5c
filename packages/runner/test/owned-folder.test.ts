import { spawnSync } from "node:child_process"
import { lstat, mkdir, mkdtemp, readdir, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { basename, join } from "node:path"
import { silentLogger } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { afterEach, describe, expect, it, vi } from "vitest"
import { serveCandidates } from "../src/candidates/service.ts"
import { createUnsandboxed } from "../src/index.ts"
import { removeLeftovers } from "../src/job-folder.ts"
import { createTemporaryFolder } from "../src/owned-folder.ts"
import { serveStreams } from "../src/sandbox/container/streams.ts"
import { ownerMark } from "../src/sandbox/owner.ts"
import { listenInFolder } from "../src/socket-folder.ts"
import { PassThrough } from "node:stream"

afterEach(() => void vi.unstubAllEnvs())

const [namespace = ""] = ownerMark().split("-")

describe("a temporary folder", () => {
  it("is private, and gone after", async () => {
    await using temporary = await temporaryFolder()
    vi.stubEnv("TMPDIR", temporary.path)
    {
      await using folder = await createTemporaryFolder()
      expect((await lstat(folder.path)).mode & 0o777).toBe(0o700)
      expect(await readdir(temporary.path)).toEqual([basename(folder.path)])
    }
    expect(await readdir(temporary.path)).toEqual([])
  })

  it("of a dead process is removed when the next starts; all else stays", async () => {
    await using temporary = await temporaryFolder()
    vi.stubEnv("TMPDIR", temporary.path)
    await using living = await createTemporaryFolder()
    const dead = `spore-${namespace}-${spawnSync("/bin/true").pid}-1-`
    await writeFile(join(await mkdtemp(join(temporary.path, dead)), "file"), "")
    const kept = ["spore", "other", `x${dead}a`, `${dead}file`, `${dead}link`, `spore-${namespace}1-1-1-a`]
    for (const name of kept.slice(0, 3)) await mkdir(join(temporary.path, name))
    await writeFile(join(temporary.path, `${dead}file`), "")
    await symlink("other", join(temporary.path, `${dead}link`))
    await mkdir(join(temporary.path, `spore-${namespace}1-1-1-a`))
    await removeLeftovers(join(temporary.path, "jobs"))
    expect((await readdir(temporary.path)).toSorted()).toEqual([...kept, basename(living.path)].toSorted())
  })
})

describe("a socket that cannot be had", () => {
  it.each<[string, () => Promise<unknown>]>([
    ["a server", () => listenInFolder(createServer())],
    ["a container's streams", () => serveStreams({ stdin: new PassThrough(), stdout: new PassThrough() })],
    [
      "runs of candidates",
      () =>
        serveCandidates({
          environment: null,
          sandbox: createUnsandboxed(),
          workDir: "/nowhere",
          candidate: new Map(),
          frozen: new Map(),
          env: {},
          limits: { wallSeconds: 1, memoryMb: 16, processes: 1, outputBytes: 1 },
          resource: 100,
          log: silentLogger,
        }),
    ],
  ])("leaves no folder of %s", async (_, serve) => {
    await using temporary = await temporaryFolder()
    // longer than the path of a socket may be
    const long = join(temporary.path, "d".repeat(150))
    await mkdir(long)
    vi.stubEnv("TMPDIR", long)
    await expect(serve()).rejects.toThrow(/listen/)
    expect(await readdir(long)).toEqual([])
  })
})
