import type { ChildProcess } from "node:child_process"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { PassThrough } from "node:stream"
import { text as allOf } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { temporaryFolder, until } from "@spore/testkit"
import { run as init } from "../../src/commands/init.ts"
import { main } from "../../src/program.ts"
import { type Ended, type Started, startProcess } from "./start-process.ts"
import { fakeTerminal } from "./terminal.ts"

export type { Ended, Started }

const MAIN = fileURLToPath(new URL("../../dist/main.js", import.meta.url))
const RELAY_MAIN = fileURLToPath(new URL("../../../relay/dist/main.js", import.meta.url))

/** An empty home folder with the command line to use in it. */
export interface Home extends AsyncDisposable {
  readonly path: string
  /** The default data folder. */
  readonly dataDir: string
  /** Makes the data folder, as `spore init` does, without the cost of a process. */
  init(): Promise<void>
  /** Runs a command to its end. */
  spore(...args: string[]): Promise<Ended>
  /** The same without the cost of a process, for commands that neither listen nor write to stdout past Node's stream. */
  here(...args: string[]): Promise<Ended>
  start(...args: string[]): Started
  /** As `start`, for `spore-relay`. */
  startRelay(...args: string[]): Started
  readonly env: Record<string, string>
}

/** Ports 0 and no peers unless a test says otherwise. */
export async function emptyHome(): Promise<Home> {
  const folder = await temporaryFolder()
  const path = join(folder.path, "home")
  await mkdir(path)
  const children = new Set<ChildProcess>()
  const env: Record<string, string> = {
    PATH: process.env["PATH"] ?? "",
    HOME: path,
    SPORE_PEERS: "none",
    SPORE_PORT: "0",
    SPORE_WEB_PORT: "0",
  }

  const start = (program: string, args: readonly string[]): Started =>
    startProcess({ program, args, env, children, timeoutMs: 45_000 })

  return {
    path,
    dataDir: join(path, ".spore"),
    env,
    start: (...args) => start(MAIN, args),
    startRelay: (...args) => start(RELAY_MAIN, args),
    init: () => {
      const { output } = fakeTerminal()
      const context = { env, dataDir: join(path, ".spore"), json: true, version: "0.0.0", output }
      return init(context, { args: [], options: {} })
    },
    spore: (...args) => start(MAIN, args).ended,
    here: (...args) => runHere({ SPORE_DATA_DIR: join(path, ".spore"), ...env }, args),
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill("SIGKILL")
      await until(() => children.size === 0, { what: "the end of all processes" })
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function runHere(env: Record<string, string>, args: readonly string[]): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  stdin.end()
  const said = Promise.all([allOf(stdout), allOf(stderr)])
  const argv = ["node", "spore", ...args]
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a pipe has nothing of a terminal
  const code = await main({ argv, env, stdin, stdout, stderr } as unknown as Parameters<typeof main>[0])
  stdout.end()
  stderr.end()
  const [out, err] = await said
  return { code, stdout: out, stderr: err }
}
