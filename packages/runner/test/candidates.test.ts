import { readdir } from "node:fs/promises"
import { connect } from "node:net"
import { join } from "node:path"
import { silentLogger, SporeError } from "@spore/records"
import { temporaryFolder, until } from "@spore/testkit"
import {
  type CandidateEnd,
  type CandidateOptions,
  createEvaluator,
  type EvaluatorContext,
} from "@spore/runner/evaluator"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { FRAME } from "../src/candidates/protocol.ts"
import {
  type CandidatesInit,
  type CandidateService,
  type CandidatesUse,
  serveCandidates,
} from "../src/candidates/service.ts"
import { createUnsandboxed, type Sandbox } from "../src/index.ts"
import { frame } from "./fixture.ts"
import { describeIsolated } from "./isolated.ts"
import { freshMarker, processesWith } from "./suite/job.ts"

const MIB = 1024 * 1024
const LIMITS = { wallSeconds: 60, memoryMb: 512, processes: 64, outputBytes: 64 * MIB }

interface Scene<Result> {
  /** Body of the candidate, a module. */
  candidate: string
  judge: (context: EvaluatorContext, service: CandidateService) => Promise<Result>
  init?: Partial<CandidatesInit>
}

/** Lets an evaluator of this process judge a candidate by a service; gives what it came to, and checks what is left. */
async function judged<Result>(
  sandbox: Sandbox,
  { candidate, judge, init }: Scene<Result>,
): Promise<Result | undefined> {
  await using folder = await temporaryFolder()
  const workDir = join(folder.path, "jobs")
  let result: Result | undefined
  let socketFolder = ""
  {
    await using service = await serveCandidates({
      environment: null,
      sandbox,
      workDir,
      candidate: new Map([["candidate.mjs", Buffer.from(candidate)]]),
      frozen: new Map([
        ["named.txt", Buffer.from("named")],
        ["secret.txt", Buffer.from("secret")],
      ]),
      env: { SPORE_SEED: "7" },
      limits: LIMITS,
      resource: 100,
      log: silentLogger,
      ...init,
    })
    socketFolder = service.folder
    const evaluator = createEvaluator(async (context) => {
      result = await judge(context, service)
      return 1
    })
    const code = await evaluator({
      argv: ["--program_path", "candidate.mjs", "--results_dir", join(folder.path, "results")],
      env: { SPORE_CANDIDATES: join(service.folder, "socket") },
    })
    expect(code).toBe(0)
  }
  expect(await readdir(workDir).catch(() => [])).toEqual([])
  await expect(readdir(socketFolder)).rejects.toMatchObject({ code: "ENOENT" })
  return result
}

const run = ["node", "candidate.mjs"]

function flood(fd: number): string {
  return `
    import { writeSync } from "node:fs"
    for (;;) try { writeSync(${fd}, "y".repeat(65536)) } catch (error) { if (error.code !== "EAGAIN") throw error }`
}

function candidateRuns(sandbox: () => Sandbox): void {
  it("get their input, files, variables and seed, and give output, errors and files back", async () => {
    const lines: string[] = []
    const result = await judged(sandbox(), {
      candidate: `
        import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
        const out = process.env.SPORE_OUTPUT_DIR
        mkdirSync(out + "/deep")
        writeFileSync(out + "/deep/left.bin", Buffer.alloc(700000, 7))
        writeFileSync(out + "/empty", "")
        console.error("to the errors")
        console.log(JSON.stringify([
          readFileSync(0, "utf8"), readFileSync("named.txt", "utf8"), readFileSync("own.bin").length,
          process.env.SPORE_SEED, process.env.GIVEN, process.argv[2], readdirSync(".").sort(),
        ]))`,
      judge: (context) =>
        context.runCandidate([...run, "argument"], {
          stdin: "input",
          files: ["named.txt", ["own.bin", Buffer.alloc(600_000)]],
          env: { GIVEN: "given" },
        }),
      init: { onLine: (line) => lines.push(line) },
    })
    expect(result).toMatchObject({ outcome: "ok", exitCode: 0, detail: "", stderr: "to the errors\n" })
    expect(JSON.parse(result?.stdout.toString() ?? "")).toEqual([
      "input",
      "named",
      600_000,
      "7",
      "given",
      "argument",
      ["candidate.mjs", "named.txt", "own.bin"],
    ])
    expect([...(result?.files.keys() ?? [])].toSorted()).toEqual(["deep/left.bin", "empty"])
    expect(result?.files.get("deep/left.bin")).toEqual(Buffer.alloc(700_000, 7))
    expect(lines).toEqual(["to the errors"])
  })

  it("answer turn by turn", async () => {
    const turns = await judged(sandbox(), {
      candidate: `for await (const chunk of process.stdin) process.stdout.write(String(Number(chunk) + 1))`,
      judge: async (context) => {
        const { stdin, stdout, ended } = context.startCandidate(run)
        let value = 0
        const answers = stdout.iterator()
        for (let turn = 0; turn < 50; turn++) {
          stdin.write(String(value))
          value = Number((await answers.next()).value)
        }
        stdin.end()
        return [value, (await ended).outcome]
      },
    })
    expect(turns).toEqual([50, "ok"])
  })

  it("carry more than any window both ways", async () => {
    const bytes = Buffer.alloc(8 * MIB, "0123456789")
    const result = await judged(sandbox(), {
      candidate: `process.stdin.pipe(process.stdout)`,
      judge: (context) => context.runCandidate(run, { stdin: bytes }),
    })
    expect(result).toMatchObject({ outcome: "ok" })
    expect(result?.stdout.equals(bytes)).toBe(true)
  })

  const forEver = `setInterval(() => {}, 1000)`
  it.each<[string, string, object]>([
    ["fails", `console.error("TypeError: no gradient"); process.exit(3)`, { outcome: "crash", exitCode: 3 }],
    ["never ends", forEver, { outcome: "timeout", exitCode: null }],
    ["reads nothing and never ends", forEver, { outcome: "timeout" }],
    [
      "takes all memory",
      `const held = []; setInterval(() => held.push(Buffer.alloc(${32 * MIB}, 1)), 20)`,
      { outcome: "oom" },
    ],
    ["floods the errors", flood(2), { outcome: "limit" }],
    ["floods its output", flood(1), { outcome: "limit" }],
    [
      "leaves too much",
      `import { writeFileSync } from "node:fs"
       for (let i = 0; i < 9; i++) writeFileSync(process.env.SPORE_OUTPUT_DIR + "/" + i, Buffer.alloc(${8 * MIB}, 1))
       ${forEver}`,
      { outcome: "limit" },
    ],
  ])(
    "end as they should when the candidate %s",
    async (_, candidate, expected) => {
      const result = await judged(sandbox(), {
        candidate,
        judge: (context) =>
          context.runCandidate(run, {
            stdin: Buffer.alloc(4 * MIB),
            seconds: candidate === forEver ? 4 : 30,
            maxOutputBytes: MIB,
          }),
        init: { limits: { ...LIMITS, memoryMb: 300 } },
      })
      expect(result).toMatchObject(expected)
    },
    60_000,
  )

  it("end when nobody reads what they print", async () => {
    const result = await judged(sandbox(), {
      candidate: flood(1),
      judge: (context) => context.startCandidate(run, { seconds: 2 }).ended,
    })
    expect(result).toMatchObject({ outcome: "timeout" })
  })

  it("end when the evaluator kills them, or goes away, or is over", async () => {
    const marker = freshMarker()
    const result = await judged(sandbox(), {
      candidate: `console.log("running"); setInterval(() => {}, 1000)`,
      judge: async (context, service) => {
        const killed = context.startCandidate([...run, marker])
        await killed.stdout.iterator().next()
        expect(processesWith(marker).length).toBeGreaterThan(0)
        killed.kill()
        const end = await killed.ended
        expect(processesWith(marker)).toEqual([])

        const socket = connect(join(service.folder, "socket"))
        const start = { type: "start", cmd: [...run, marker], files: [], uploads: [], env: {}, seconds: null }
        socket.write(frame(FRAME.control, Buffer.from(JSON.stringify(start))))
        await until(() => processesWith(marker).length > 0, { what: "the second to run" })
        socket.destroy()
        await until(() => processesWith(marker).length === 0, { what: "the second to end" })

        await context
          .startCandidate([...run, marker])
          .stdout.iterator()
          .next()
        return end
      },
    })
    expect(result).toMatchObject({ outcome: "crash", exitCode: null, detail: "killed by its evaluator" })
    expect(processesWith(marker)).toEqual([])
  })

  it("end with the service", async () => {
    const marker = freshMarker()
    await judged(sandbox(), {
      candidate: `console.log("running"); setInterval(() => {}, 1000)`,
      judge: async (context, service) => {
        const candidate = context.startCandidate([...run, marker])
        await candidate.stdout.iterator().next()
        await service[Symbol.asyncDispose]()
        expect(processesWith(marker)).toEqual([])
        await expect(candidate.ended).rejects.toThrow(/could not be run/)
      },
    })
  })

  it("take turns where there are more than may run at a time", async () => {
    const result = await judged(sandbox(), {
      candidate: `console.log(process.argv[2])`,
      judge: (context) =>
        Promise.all(
          Array.from({ length: 7 }, async (_, i) => (await context.runCandidate([...run, `${i}`])).stdout.toString()),
        ),
    })
    expect(result).toEqual(Array.from({ length: 7 }, (_, i) => `${i}\n`))
  })

  it("come one after the other where the machine is lent in part", async () => {
    const result = await judged(sandbox(), {
      candidate: `const begin = Date.now(); setTimeout(() => console.log(JSON.stringify([begin, Date.now()])), 300)`,
      judge: (context) => Promise.all([1, 2, 3].map(async () => (await context.runCandidate(run)).stdout.toString())),
      init: { resource: 50 },
    })
    const spans = (result ?? []).map((text) => z.tuple([z.number(), z.number()]).parse(JSON.parse(text)))
    const moments = spans.toSorted(([one], [other]) => one - other).flat()
    expect(moments).toHaveLength(6)
    expect(moments).toEqual(moments.toSorted((one, other) => one - other))
  })

  it("get no longer than the evaluation has left, and as much more as they are throttled", async () => {
    const candidate = `setTimeout(() => console.log("done"), 1500)`
    const judge = (context: EvaluatorContext): Promise<CandidateEnd> => context.runCandidate(run, { seconds: 1 })
    expect(await judged(sandbox(), { candidate, judge })).toMatchObject({ outcome: "timeout" })
    expect(await judged(sandbox(), { candidate, judge, init: { resource: 5 } })).toMatchObject({ outcome: "ok" })
    const short = { limits: { ...LIMITS, wallSeconds: 1 }, resource: 5 }
    expect(await judged(sandbox(), { candidate, judge, init: short })).toMatchObject({ outcome: "timeout" })
  })

  it.each<[string, readonly string[], CandidateOptions, RegExp]>([
    ["an unknown program", ["cargo", "run"], {}, /cargo/],
    ["a file that the package lacks", run, { files: ["other.txt"] }, /no file of the package/],
    ["a file outside", run, { files: [["../escape", "x"]] }, /cannot lay out/],
  ])("are refused for %s", async (_, cmd, options, reason) => {
    const refused = async (context: EvaluatorContext, service: CandidateService): Promise<CandidatesUse> => {
      await expect(context.startCandidate(cmd, options).ended).rejects.toThrow(reason)
      return service.end()
    }
    expect(await judged(sandbox(), { candidate: "", judge: refused })).toMatchObject({ failure: null })
  })

  it("are a failure of the host where the program is not there", async () => {
    const failure = await judged(sandbox(), {
      candidate: "",
      judge: async (context, service) => {
        await expect(context.runCandidate(["/usr/bin/spore-no-such-program"])).rejects.toThrow(/there is no/)
        return (await service.end()).failure
      },
    })
    expect(failure).toBe("there is no /usr/bin/spore-no-such-program on this machine")
  })

  it("are a failure of the host where it cannot run them", async () => {
    const fails = (): Promise<never> => Promise.reject(new SporeError("sandbox_failed", "no cgroup for the job"))
    const failure = await judged(
      { ...sandbox(), run: fails },
      {
        candidate: "",
        judge: async (context, service) => {
          await expect(context.runCandidate(run)).rejects.toThrow(/no cgroup/)
          return (await service.end()).failure
        },
      },
    )
    expect(failure).toBe("no cgroup for the job")
  })

  it("are refused to a peer that breaks the protocol", async () => {
    await judged(sandbox(), {
      candidate: `setInterval(() => {}, 1000)`,
      judge: async (_context, service) => {
        const start = { type: "start", cmd: run, files: [], uploads: [], env: {}, seconds: null }
        const startFrame = frame(FRAME.control, Buffer.from(JSON.stringify(start)))
        const floods = Buffer.concat(Array.from({ length: 9 }, () => frame(FRAME.stdin, Buffer.alloc(MIB / 8))))
        for (const frames of [
          Buffer.alloc(8, 0xff),
          frame(FRAME.control, Buffer.from("{")),
          Buffer.concat([startFrame, startFrame]),
          Buffer.concat([startFrame, frame(FRAME.output, Buffer.alloc(1))]),
          Buffer.concat([startFrame, floods]),
        ]) {
          const socket = connect(join(service.folder, "socket"))
          let said = ""
          socket.on("data", (chunk: Buffer) => (said += chunk.toString()))
          const closed = new Promise((resolve) => socket.once("end", resolve))
          socket.write(frames)
          await closed
          socket.destroy()
          expect(said).toContain('"refused"')
        }
      },
    })
  })
}

describe("runs of a candidate without a sandbox", () => {
  candidateRuns(() => createUnsandboxed())
})

describeIsolated("runs of a candidate in bubblewrap", (sandbox) => {
  candidateRuns(sandbox)

  it("count memory and processor time", async () => {
    const usage = await judged(sandbox(), {
      candidate: `while (process.cpuUsage().user < 200_000);`,
      judge: async (context, service) => {
        await context.runCandidate(run)
        return service.end()
      },
    })
    expect(usage?.peakMemoryMb).toBeGreaterThan(1)
    expect(usage?.cpuSeconds).toBeGreaterThan(0.1)
  })
})
