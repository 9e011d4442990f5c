import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { temporaryFolder, until } from "@spore/testkit"
import { endOrphans } from "../src/sandbox/bubblewrap/orphans.ts"
import { JOB_VARIABLE, endAbandoned, jobMark, processesOf } from "../src/sandbox/guard.ts"
import { describeIsolated } from "./isolated.ts"
import { freshMarker, processesWith } from "./suite/job.ts"

const PROGRAM = join(import.meta.dirname, "suite/killed-parent.ts")
const KILLS = 50
/** The moments of a kill are spread over the start of a job and its first lines. */
const STEP_MS = 5
const AT_ONCE = 5

type Backend = "bubblewrap" | "none"

function endsWithItsParent(backend: Backend): void {
  it("ends while it runs", async () => {
    await using folder = await temporaryFolder()
    for (let round = 0; round < 3; round++) {
      const marker = freshMarker()
      const parent = start(folder.path, backend, marker)
      await until(() => parent.printed().includes("running"), { what: "the job to run" })
      expect(processesWith(marker).length).toBeGreaterThan(2)
      parent.process.kill("SIGKILL")
      await expect(allEnded(marker)).resolves.toBe(true)
    }
  })

  it(`ends at any of ${KILLS} moments of its start and its run`, async () => {
    await using folder = await temporaryFolder()
    for (let kill = 0; kill < KILLS; kill += AT_ONCE) {
      const delays = Array.from({ length: AT_ONCE }, (_, i) => (kill + i) * STEP_MS)
      const ended = await Promise.all(delays.map((delay) => endsWhenKilledAfter(delay, folder.path, backend)))
      expect(ended).toEqual(delays.map(() => true))
    }
  }, 600_000)
}

describeIsolated("a job in bubblewrap whose parent is killed", () => {
  endsWithItsParent("bubblewrap")
})

describe.runIf(process.platform === "linux")("a plain job whose parent is killed", () => {
  endsWithItsParent("none")

  it("is ended by the next start where nothing guarded it", async () => {
    const gone = spawn("/bin/true")
    const mark = jobMark().replace(/-\d+-\d+\./, `-${gone.pid}-1.`)
    await once(gone, "exit")
    const living = jobMark()
    const [left, own] = [mark, living].map((value) =>
      spawn("/bin/sleep", ["1000"], { env: { [JOB_VARIABLE]: value }, stdio: "ignore" }),
    )
    await until(() => processesOf(mark).length === 1 && processesOf(living).length === 1, { what: "both to run" })
    endAbandoned()
    await until(() => processesOf(mark).length === 0, { what: "the abandoned one to end" })
    expect(processesOf(living)).toEqual([own?.pid])
    expect(left?.pid).toBeDefined()
    own?.kill("SIGKILL")
  })
})

/** Whether nothing is left of a parent that kills itself so many milliseconds after it began to start a job. */
async function endsWhenKilledAfter(delayMs: number, folder: string, backend: Backend): Promise<boolean> {
  const marker = freshMarker()
  const { process: parent } = start(folder, backend, marker, `${delayMs}`)
  await once(parent, "exit")
  expect(parent.signalCode).toBe("SIGKILL")
  return allEnded(marker)
}

function start(folder: string, ...args: string[]): { process: ChildProcess; printed: () => string } {
  let printed = ""
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    // a hundred of them start: what one has compiled the next ones load
    env: { ...process.env, TMPDIR: folder, NODE_COMPILE_CACHE: join(folder, "compiled") },
    stdio: ["ignore", "pipe", "inherit"],
  })
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()))
  return { process: child, printed: () => printed }
}

function allEnded(marker: string): Promise<true> {
  const ended = (): boolean => {
    endOrphans()
    return processesWith(marker).length === 0
  }
  return until(ended, { what: "all processes to end" })
}
