import { describe, expect, it } from "vitest"
import { z } from "zod"
import { findEngine, type Sandbox } from "../src/index.ts"
import { type ContainerPlan, runArguments } from "../src/sandbox/container/arguments.ts"
import { createContainerSandbox } from "../src/sandbox/container/container.ts"
import { seccompProfile } from "../src/sandbox/container/seccomp.ts"
import { createWatcherReader } from "../src/sandbox/container/watcher.ts"
import { report } from "./suite/check.ts"
import { collectorChecks } from "./suite/collector.ts"
import { complianceChecks } from "./suite/compliance.ts"
import { isolationChecks } from "./suite/isolation.ts"
import { limitChecks } from "./suite/limits.ts"

const LIMITS = { wallSeconds: 10, memoryMb: 100, processes: 32, outputBytes: 1024 }
const plan: ContainerPlan = {
  engine: { kind: "podman" },
  image: "localhost/image:1",
  name: "spore-job-1",
  seccomp: "/tmp/profile.json",
  user: { uid: 1000, gid: 100, keepId: true, isShared: false },
  node: "/opt/node",
  job: { cmd: [], inputs: "/jobs/in", outputs: "/jobs/out", env: { GIVEN: "a b" }, limits: LIMITS },
  program: "/work/bin/node",
  command: ["/work/bin/node", "program.mjs"],
  gpu: null,
  streams: null,
}

const profileSchema = z.object({
  architectures: z.array(z.string()),
  syscalls: z.array(
    z.object({
      names: z.array(z.string()),
      errnoRet: z.number(),
      args: z.array(z.record(z.string(), z.unknown())).optional(),
    }),
  ),
})

describe("the arguments of a container", () => {
  const args = runArguments(plan)
  const line = args.join(" ")

  it.each([
    "run --interactive --rm --pull never --log-driver none",
    "--network none --read-only",
    "--cap-drop ALL --security-opt no-new-privileges",
    "--security-opt seccomp=/tmp/profile.json",
    "--userns keep-id --user 1000:100",
    "--memory 100m --memory-swap 100m",
    "--pids-limit 32",
    "--mount type=bind,source=/opt/node,target=/work/bin/node,readonly",
    "--mount type=bind,source=/jobs/in,target=/work/in,readonly",
    "--mount type=bind,source=/jobs/out,target=/work/out --",
    "--entrypoint /bin/sh localhost/image:1 -c",
  ])("have %s", (part) => {
    expect(line).toContain(part)
  })

  it("end with the program's own environment and command, each in one piece", () => {
    expect(args.slice(-3)).toEqual(["GIVEN=a b", "/work/bin/node", "program.mjs"])
    expect(args.slice(args.indexOf("spore-watcher"))[2]).toBe("/work/bin/node")
  })

  it("hand on no proxy of the host's, whose address may hold a password", () => {
    expect(line).toContain("--env HTTPS_PROXY= --env https_proxy=")
    expect(line).toContain("--http-proxy=false")
  })

  it("limit the processor only where a share is asked for", () => {
    expect(line).not.toContain("--cpus")
    const shared = { ...plan, job: { ...plan.job, limits: { ...LIMITS, cpuPercent: 50 } } }
    expect(runArguments(shared).join(" ")).toMatch(/--cpus \d+\.\d\d /)
  })

  it("show GPUs by the engine's own way", () => {
    const gpu = { devices: ["/dev/dri", "/dev/kfd", "/dev/nvidiactl"], system: [], groups: [44] }
    expect(line).not.toContain("--device")
    expect(runArguments({ ...plan, gpu }).join(" ")).toContain(
      "--device nvidia.com/gpu=all --device /dev/dri --device /dev/kfd --group-add keep-groups",
    )
    const docker: ContainerPlan = {
      ...plan,
      gpu,
      engine: { kind: "docker" },
      user: { uid: 1000, gid: 100, keepId: false, isShared: true },
    }
    expect(runArguments(docker).join(" ")).toContain("--gpus all --device /dev/dri --device /dev/kfd --group-add 44")
  })

  it("refuse paths that would say more to the engine than where something lies", () => {
    const job = { ...plan.job, inputs: "/jobs/in,target=/etc" }
    expect(() => runArguments({ ...plan, job })).toThrow(expect.objectContaining({ code: "sandbox_failed" }))
  })
})

describe("the profile of system calls", () => {
  it("refuses what bubblewrap's filter refuses", () => {
    const { architectures, syscalls } = profileSchema.parse(JSON.parse(seccompProfile("x64")))
    const refused = (name: string): unknown[] =>
      syscalls.filter(({ names }) => names.includes(name)).map(({ errnoRet, args }) => [errnoRet, args])
    expect(architectures).toEqual(["SCMP_ARCH_X86_64"])
    for (const name of ["ptrace", "unshare", "mount", "io_uring_setup", "keyctl"]) {
      expect(refused(name)).toEqual([[1, undefined]])
    }
    expect(refused("clone3")).toEqual([[38, undefined]])
    expect(refused("clone")).toContainEqual([
      1,
      [{ index: 0, value: 0x10000000, valueTwo: 0x10000000, op: "SCMP_CMP_MASKED_EQ" }],
    ])
    expect(refused("shmget")).toEqual([[38, undefined]])
    expect(refused("ioctl")).toContainEqual([
      1,
      [{ index: 1, value: 0xffffffff, valueTwo: 0x5412, op: "SCMP_CMP_MASKED_EQ" }],
    ])
    const families = refused("socket")
    expect(families).toContainEqual([97, [{ index: 0, value: 0, op: "SCMP_CMP_EQ" }]])
    expect(families).toContainEqual([97, [{ index: 0, value: 16, op: "SCMP_CMP_GT" }]])
    expect(families).not.toContainEqual([97, [{ index: 0, value: 2, op: "SCMP_CMP_EQ" }]])
  })
})

describe("the watcher's words", () => {
  it("are read in either version of cgroups, whatever pieces they come in", () => {
    const text =
      "ready\nmemory.peak 1000\nmemory.events low 0\nmemory.events oom_kill 2\ncpu.stat usage_usec 1500000\n" +
      "written 77\nexit 137\nmemory/memory.max_usage_in_bytes 5000\ncpuacct/cpuacct.usage 2500000000\nError: no space\n"
    for (const size of [1, 7, 1000]) {
      const reader = createWatcherReader(() => undefined)
      for (let at = 0; at < text.length; at += size) reader.push(Buffer.from(text.slice(at, at + size)))
      expect(reader.report()).toEqual({
        ready: true,
        missing: false,
        exitCode: 137,
        peakBytes: 5000,
        cpuSeconds: 2.5,
        oomKills: 2,
        writtenBytes: 77,
        rest: "Error: no space",
      })
    }
  })
})

const image = process.env["SPORE_TEST_IMAGE"]
const engine = await findEngine(image)
const why = "reason" in engine ? ` (skipped: ${engine.reason}; SPORE_TEST_IMAGE names an image)` : ""

describe.skipIf(why !== "")(`the Sandbox port by containers${why}`, () => {
  it.each([...complianceChecks, ...isolationChecks, ...limitChecks, ...collectorChecks])("$name", async (check) => {
    const { result, detail } = await report(check, required())
    expect(`${result}: ${detail}`).toMatch(/^(holds|stopped|host forbids|skipped): /)
  })
})

function required(): Sandbox {
  if ("reason" in engine || image === undefined) throw new Error("no container engine")
  return createContainerSandbox({ engine, image })
}
