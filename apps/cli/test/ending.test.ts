import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"

const ENDING = new URL("../src/run/ending.ts", import.meta.url).href

/** A process that watches for its end, says what it hears, and takes forever to stop. */
const SCRIPT = `
  import { watchForEnd } from ${JSON.stringify(ENDING)}
  setInterval(() => undefined, 1000)
  const ending = watchForEnd({ onClosed: () => () => undefined })
  ending.beforeHardEnd(() => console.log("cleaned up"))
  if (process.argv[1] === "fail") setTimeout(() => { throw new Error("boom") })
  console.log("watching")
  const reason = await ending.requested
  console.log("stopping", reason === null ? "" : reason.error.message)
  if (process.argv[1] === "fail") process.exit(0)
`

function watching(...args: string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(process.execPath, ["--input-type=module", "-e", SCRIPT, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part))
  return { child, said: () => text }
}

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s asks for the end, and once more ends at once with 130",
  async (signal) => {
    const { child, said } = watching()
    await until(() => said().includes("watching"))
    child.kill(signal)
    await until(() => said().includes("stopping"))
    expect(child.exitCode).toBeNull()
    child.kill(signal)
    expect(await once(child, "exit")).toEqual([130, null])
    expect(said()).toContain("cleaned up")
  },
)

test("an error that nothing caught asks for the end, with that error", async () => {
  const { child, said } = watching("fail")
  expect(await once(child, "close")).toEqual([0, null])
  expect(said()).toContain("stopping boom")
})
