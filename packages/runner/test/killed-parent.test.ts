import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { expect, it } from "vitest"
import { temporaryFolder, until } from "@spore/testkit"
import { endOrphans } from "../src/sandbox/bubblewrap/orphans.ts"
import { describeIsolated } from "./isolated.ts"
import { freshMarker, processesWith } from "./suite/job.ts"

const PROGRAM = join(import.meta.dirname, "suite/killed-parent.ts")

describeIsolated("a job whose parent is killed", () => {
  it("ends with it while it runs", async () => {
    await using folder = await temporaryFolder()
    for (let round = 0; round < 3; round++) {
      const marker = freshMarker()
      const parent = start(folder.path, marker)
      await until(() => parent.printed().includes("running"), { what: "the job to run" })
      expect(processesWith(marker).length).toBeGreaterThan(2)
      parent.process.kill("SIGKILL")
      await expect(allEnded(marker)).resolves.toBe(true)
    }
  })

  it("ends with it at any moment of its start", async () => {
    await using folder = await temporaryFolder()
    for (let round = 0; round < 20; round++) {
      const marker = freshMarker()
      const { process: parent } = start(folder.path, marker, `${round * 2}`)
      await once(parent, "exit")
      expect(parent.signalCode).toBe("SIGKILL")
      await expect(allEnded(marker)).resolves.toBe(true)
    }
  }, 120_000)
})

function start(folder: string, ...args: string[]): { process: ChildProcess; printed: () => string } {
  let printed = ""
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, TMPDIR: folder },
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
