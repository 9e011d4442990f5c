import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { type CgroupHost, type Cgroups, openCgroups } from "../src/sandbox/cgroups.ts"
import { ownerMark } from "../src/sandbox/owner.ts"
import { availableParallelism } from "node:os"

const LIMITS = { wallSeconds: 10, memoryMb: 100, processes: 32, outputBytes: 1024 }

/** A folder that looks like this process's group: files hold what was written last, where a kernel would act on it. */
async function fakeGroup(
  folder: string,
  { controllers = "cpuset cpu memory pids", own = "/user.slice/run-1.scope", members = `${process.pid}\n` } = {},
): Promise<{ group: string; host: CgroupHost }> {
  const group = join(folder, own)
  await mkdir(group, { recursive: true })
  await writeFile(join(group, "cgroup.controllers"), `${controllers}\n`)
  await writeFile(join(group, "cgroup.procs"), members)
  const host = {
    mountinfo: `25 1 0:20 / /proc rw - proc proc rw\n30 25 0:26 / ${folder} rw,nosuid shared:4 - cgroup2 cgroup2 rw`,
    membership: `4:memory:/elsewhere\n0::${own}\n`,
    processes: [],
  }
  return { group, host }
}

function opened(host: CgroupHost): Cgroups {
  const found = openCgroups(host)
  if ("reason" in found) throw new Error(found.reason)
  return found
}

async function jobFolder(group: string): Promise<string> {
  // the one that was made to try
  const names = (await readdir(group)).filter((name) => name.startsWith("spore-job-")).toSorted()
  return join(group, names.at(-1) ?? "")
}

describe("a delegated group", () => {
  it("gives its children the controllers, and each job its limits", async () => {
    await using folder = await temporaryFolder()
    const { group, host } = await fakeGroup(folder.path)
    const cgroups = opened(host)
    expect(cgroups.hardness).toEqual({ memory: "hard", processes: "hard", cpu: "hard" })
    expect(await readFile(join(group, "cgroup.subtree_control"), "utf8")).toBe("+memory +pids +cpu")

    const job = cgroups.create({ ...LIMITS, cpuPercent: 25 })
    job.add(4711)
    job.kill()
    const made = await jobFolder(group)
    const files = ["memory.max", "memory.swap.max", "memory.oom.group", "pids.max", "cgroup.procs", "cgroup.kill"]
    const contents = await Promise.all(files.map((file) => readFile(join(made, file), "utf8")))
    expect(contents).toEqual([`${100 * 1024 * 1024}`, "0", "1", "32", "4711", "1"])
    expect(await readFile(join(made, "cpu.max"), "utf8")).toBe(`${25_000 * availableParallelism()} 100000`)
    expect(basename(made)).toContain(ownerMark())
  })

  it("leaves the processor alone where a job may have all of it", async () => {
    await using folder = await temporaryFolder()
    const { group, host } = await fakeGroup(folder.path)
    opened(host).create(LIMITS)
    expect(existsSync(join(await jobFolder(group), "cpu.max"))).toBe(false)
  })

  it("tells what a job used, and why the kernel ended it", async () => {
    await using folder = await temporaryFolder()
    const { group, host } = await fakeGroup(folder.path)
    const job = opened(host).create(LIMITS)
    const made = await jobFolder(group)
    expect(job.usage()).toEqual({ peakBytes: null, cpuSeconds: null, outOfMemory: null })
    await writeFile(join(made, "memory.peak"), "104857600\n")
    await writeFile(join(made, "cpu.stat"), "usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n")
    const events = (oom: number, kills: number): string =>
      `low 0\nhigh 0\nmax 12\noom ${oom}\noom_kill ${kills}\noom_group_kill ${kills}\n`
    await writeFile(join(made, "memory.events"), events(1, 0))
    expect(job.usage()).toEqual({ peakBytes: 104857600, cpuSeconds: 2.5, outOfMemory: null })
    await writeFile(join(made, "memory.events"), events(1, 3))
    expect(job.usage().outOfMemory).toBe("limit")
    await writeFile(join(made, "memory.events"), events(0, 3))
    expect(job.usage().outOfMemory).toBe("machine")
  })

  it("holds the processor softly where that controller is not given", async () => {
    await using folder = await temporaryFolder()
    const { host } = await fakeGroup(folder.path, { controllers: "memory pids" })
    expect(opened(host).hardness).toEqual({ memory: "hard", processes: "hard", cpu: "soft" })
  })

  it("is found again from within its leaf", async () => {
    await using folder = await temporaryFolder()
    await fakeGroup(folder.path, { own: "/run-2.scope" })
    const { host } = await fakeGroup(folder.path, { own: "/run-2.scope/spore-node", controllers: "" })
    opened(host)
    expect(await readFile(join(folder.path, "run-2.scope/cgroup.subtree_control"), "utf8")).toContain("+memory")
  })

  it("loses the jobs of dead processes at the next start, and those of living ones stay", async () => {
    await using folder = await temporaryFolder()
    const { group, host } = await fakeGroup(folder.path)
    const [namespace = ""] = ownerMark().split("-")
    const dead = join(group, `spore-job-${namespace}-${spawnSync("/bin/true").pid}-1-0`)
    const living = join(group, `spore-job-${ownerMark()}-77`)
    await mkdir(dead)
    await mkdir(living)
    opened(host)
    // a folder of the kernel would go with its files
    expect(existsSync(dead) ? await readdir(dead) : ["cgroup.kill"]).toEqual(["cgroup.kill"])
    expect(await readdir(living)).toEqual([])
  })
})

describe("where no group can be had", () => {
  it("names the controllers that are not given", async () => {
    await using folder = await temporaryFolder()
    const { host } = await fakeGroup(folder.path, { controllers: "hugetlb pids" })
    expect(openCgroups(host)).toEqual({ reason: "cgroup v2 gives no control of memory here" })
  })

  it("says that there is no cgroup v2", () => {
    expect(openCgroups({ mountinfo: "", membership: "4:memory:/x\n", processes: [] })).toHaveProperty("reason")
  })

  it("gives the kernel's word where the group belongs to somebody else", async () => {
    await using folder = await temporaryFolder()
    const { group, host } = await fakeGroup(folder.path)
    // refuses to be written to, for root as well
    await mkdir(join(group, "cgroup.subtree_control"))
    expect(JSON.stringify(openCgroups(host))).toMatch(/^{"reason":".*not its own to arrange: .*EISDIR/)
  })
})
