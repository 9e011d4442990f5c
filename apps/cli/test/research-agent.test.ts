import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { chmod, readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { ExperimentRow } from "@spore/dag"
import { dataPaths } from "@spore/node/local"
import { until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { experimentsBy } from "./support/experiments-by.ts"
import { taskIn } from "./support/network-task.ts"
import { ABSENT, sandboxed } from "./support/sandboxed.ts"
import { emptyHome, type Home } from "./support/spore.ts"

const PROGRAM = fileURLToPath(new URL("support/agent-node.ts", import.meta.url))

/**
 * Part of the way down, from wherever the parent is: never the same step twice, since a repeated one is refused, and
 * never past the bottom, to which the tuner may have come close meanwhile.
 */
const CHANGE = `
x=$(sed -n 's/.*const X = \\([-.0-9e]*\\).*/\\1/p' candidate/point.mjs)
to=$(awk -v x="$x" -v seed="$(date +%s%N)" 'BEGIN { srand(seed % 1000000007); print x + (3 - x) * (0.3 + rand() / 2) }')
sed -i "s/const X = $x/const X = $to/" candidate/point.mjs`
const STEP = `${CHANGE}
printf 'X from %s\\n\\nThe bowl is lower there.\\n' "$x" >ANSWER.md`

interface AgentNode extends AsyncDisposable {
  /** As \`kill -9\` does. */
  kill(): Promise<void>
}

async function startNode(home: Home, task: string, script: string, seconds: number): Promise<AgentNode> {
  const agent = join(home.path, "my-agent")
  await writeFile(agent, `#!/bin/sh\n${script}\n`)
  await chmod(agent, 0o755)
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, join(home.path, "node"), task, agent, `${seconds}`], {
    env: home.env,
    stdio: ["ignore", "ignore", "inherit"],
  })
  const ended = once(child, "exit")
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL")
    await ended
  }
  return { kill, [Symbol.asyncDispose]: kill }
}

/** Whether a process has this in its command line. */
function isRunning(mark: string): boolean {
  return readdirSync("/proc").some((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(mark)
    } catch {
      return false
    }
  })
}

describe.skipIf(!sandboxed || process.platform !== "linux")(`research with a command-line agent${ABSENT}`, () => {
  it("makes improvements, and goes on after kill -9", { timeout: 180_000 }, async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "node")
    const kept = async (): Promise<ExperimentRow[]> =>
      (await experimentsBy(home, task, "my-agent")).filter(({ status }) => status === "keep")
    await using first = await startNode(home, task, STEP, 60)
    const before = await until(async () => ((await kept()).length >= 2 ? kept() : null), { timeoutMs: 80_000 })
    await first.kill()
    await using second = await startNode(home, task, STEP, 60)
    const after = await until(async () => ((await kept()).length > before.length ? kept() : null), {
      timeoutMs: 80_000,
    })
    // from 1 + 9 + 25 downhill
    const values = after.flatMap(({ value }) => value ?? [])
    expect(Math.min(...values)).toBeLessThan(34)
    expect(after[0]?.title).toBe("X from 0")
    await second.kill()
  })

  it("ends one that hangs, and goes on with the tuner", { timeout: 180_000 }, async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "node")
    const mark = `600.${Math.floor(Math.random() * 1e9)}`
    const hangs = `${CHANGE}; setsid sleep ${mark} & sleep ${mark}`
    await using patient = await startNode(home, task, hangs, 600)
    await until(() => isRunning(mark), { timeoutMs: 80_000 })
    await patient.kill()
    await until(() => !isRunning(mark))
    await using hasty = await startNode(home, task, hangs, 2)
    await until(async () => (await experimentsBy(home, task, "tuner")).length > 0, { timeoutMs: 80_000 })
    expect(await experimentsBy(home, task, "my-agent")).toEqual([])
    // the folder of the attempt that was killed is gone
    const folders = await readdir(join(dataPaths(join(home.path, "node")).jobs, "agents"))
    expect(folders.length).toBeLessThanOrEqual(1)
    await hasty.kill()
  })
})
