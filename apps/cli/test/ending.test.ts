import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"

const ENDING = new URL("../src/run/ending.ts", import.meta.url).href

/** A process that watches for its end, says what it hears, and takes forever to stop. */
const SCRIPT = `
  import { writeSync } from "node:fs"
  import { createEnding } from ${JSON.stringify(ENDING)}
  setInterval(() => undefined, 1000)
  const ending = createEnding({ onClosed: () => () => undefined })
  if (process.argv[1] === "busy") {
    writeSync(1, "busy")
    for (;;);
  }
  ending.watch()
  if (process.argv[1] === "judge") {
    ending.judgeErrors((error) => { console.log("went on after", error.message); return null })
    void Promise.reject(new Error("boom"))
  }
  ending.beforeHardEnd(() => console.log("cleaned up"))
  if (process.argv[1] === "fail") setTimeout(() => { throw new Error("boom") })
  console.log("watching")
  const reason = await ending.requested
  console.log("stopping", reason === null ? "" : reason.error.message)
  if (process.argv[1] === "fail") process.exit(0)
`

interface Watching {
  readonly child: ChildProcess
  said(): string
  /** Its exit code and the signal that ended it. */
  readonly ended: Promise<unknown[]>
}

function watching(...args: string[]): Watching {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(child, "close")
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part))
  return { child, said: () => text, ended }
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s asks for the end, and once more ends at once with 130",
  async (signal) => {
    const { child, said, ended } = watching()
    await until(() => said().includes("watching"))
    child.kill(signal)
    await until(() => said().includes("stopping"))
    expect(child.exitCode).toBeNull()
    child.kill(signal)
    expect(await ended).toEqual([130, null])
    expect(said()).toContain("cleaned up")
  },
)

test("what does not stop in time is ended", async () => {
  const { child, said, ended } = watching()
  await until(() => said().includes("watching"))
  child.kill("SIGTERM")
  expect(await ended).toEqual([130, null])
  expect(said()).toContain("cleaned up")
})

test("before it watches, a signal ends the process whatever keeps it busy", async () => {
  const { child, said, ended } = watching("busy")
  await until(() => said().includes("busy"))
  child.kill("SIGTERM")
  expect(await ended).toEqual([null, "SIGTERM"])
})

test("an error that whoever judges it goes on after asks for nothing", async () => {
  const { child, said, ended } = watching("judge")
  await until(() => said().includes("went on after boom"))
  child.kill("SIGTERM")
  await until(() => said().includes("stopping"))
  child.kill("SIGTERM")
  expect(await ended).toEqual([130, null])
})

test("an error that nothing caught asks for the end, with that error", async () => {
  const { said, ended } = watching("fail")
  expect(await ended).toEqual([0, null])
  expect(said()).toContain("stopping boom")
})
