import { chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { readdirSync, readFileSync } from "node:fs"
import { createServer as createHttpServer, request } from "node:http"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { until } from "@spore/testkit"
import { NOTHING_STORED, writeModels } from "../../src/models/model-file.ts"
import { type RunningNode, runNode } from "./node.ts"
import type { Home } from "./spore.ts"

const PARABOLA = fileURLToPath(new URL("../fixtures/parabola", import.meta.url))
/** What only SIGKILL ends. */
const DEAF = `process.on("SIGTERM", () => undefined); process.on("SIGINT", () => undefined); setInterval(() => undefined, 1000)`

/** A node that is in the middle of something. */
export interface InState {
  readonly node: RunningNode
  /** Lets go of what is around it. */
  end(): Promise<void>
}

/** What a node can be in the middle of when it is told to stop. */
export const STATES: Readonly<Record<string, (home: Home, mark: string) => Promise<InState>>> = {
  "with nothing to do": async (home) => bare(await runNode(home, "node", "--solo", "--no-train")),

  "with an event stream, a download and a control request under way": async (home) => {
    const node = await runNode(home, "node", "--solo", "--no-train")
    const { hostname, port } = new URL(node.url)
    const opened: { destroy(): void }[] = []
    await new Promise<void>((resolve, reject) => {
      const events = request({ hostname, port, path: "/api/v1/events" }, (answer) =>
        answer.once("data", () => resolve()),
      )
      opened.push(events.once("error", reject))
      events.end()
    })
    const slow = connect(Number(port), hostname).pause()
    slow.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    const control = connect(join(home.path, "node", "control.sock"))
    control.write('{"op":')
    for (const socket of [slow, control]) opened.push(socket.on("error", () => undefined))
    return { node, end: async () => opened.forEach((one) => one.destroy()) }
  },

  "with an experiment that ignores signals, and has a child that does": async (home, mark) => {
    const task = await taskWith(home, endlessEvaluator(mark))
    const node = await runNode(home, "node", "--solo", "--task", task, "--no-verify", "--unsandboxed", "own")
    await until(() => processesWith(mark) > 0, { timeoutMs: 60_000, what: "the experiment" })
    return bare(node)
  },

  "with a model that never answers": async (home) => {
    const task = await taskWith(home, null)
    const asked = Promise.withResolvers<void>()
    const server = createHttpServer(() => asked.resolve())
    const url = `http://127.0.0.1:${await listen(server)}/v1`
    const custom = { ...NOTHING_STORED, key: "sk-00000000", model: "m", baseUrl: url, prices: { input: 1, output: 1 } }
    await writeModels(join(home.path, "node"), { used: "custom", models: { custom } })
    const node = await runNode(home, "node", "--solo", "--task", task, "--no-verify", "--unsandboxed", "own")
    await asked.promise
    return {
      node,
      end: async () => {
        server.closeAllConnections()
        server.close()
      },
    }
  },

  "with an agent that ignores signals, and has a child that does": async (home, mark) => {
    const task = await taskWith(home, null)
    const agent = join(home.path, "agent")
    // Its view of this machine has a shell, and need not have Node.js.
    const loop = `trap "" TERM INT HUP; while :; do sleep 1; done`
    const deaf = `/bin/sh -c '${loop}' ${mark} &\n${loop}`
    await writeFile(agent, `#!/bin/sh\n${deaf}\n`)
    await chmod(agent, 0o755)
    const flags = ["--proposer", "agent", "--agent-cmd", agent]
    const node = await runNode(home, "node", "--solo", "--task", task, "--no-verify", "--unsandboxed", "own", ...flags)
    await until(() => processesWith(mark) > 0, { timeoutMs: 60_000, what: "the agent" })
    return bare(node)
  },

  "with a peer that hangs, and one that says nothing": async (home) => {
    const mute = createServer(() => undefined)
    const port = await listen(mute)
    const peer = await runNode(home, "peer", "--no-train")
    const flags = ["--no-train", "--peer", peer.address, "--peer", `/ip4/127.0.0.1/tcp/${port}`]
    const node = await runNode(home, "node", ...flags)
    await until(async () => (await node.client.status()).peers.length > 0, { what: "the peer" })
    const silent: Socket = connect(Number(/\/tcp\/(\d+)/.exec(node.address)?.[1]), "127.0.0.1")
    silent.on("error", () => undefined)
    peer.signal("SIGSTOP")
    return {
      node,
      end: async () => {
        silent.destroy()
        mute.close()
        await peer.kill()
      },
    }
  },
}

function bare(node: RunningNode): InState {
  return { node, end: async () => undefined }
}

/** Makes the task parabola below `home`, with an evaluator of its own where one is given; gives its name. */
async function taskWith(home: Home, evaluator: string | null): Promise<string> {
  const bundle = join(home.path, "task")
  await cp(PARABOLA, bundle, { recursive: true })
  const path = join(bundle, "evaluator.mjs")
  await writeFile(path, evaluator ?? (await readFile(path, "utf8")))
  await mkdir(join(home.path, "node"), { recursive: true })
  const { code, stderr } = await home.here("--data-dir", join(home.path, "node"), "init")
  if (code !== 0) throw new Error(stderr)
  const made = await home.here("--data-dir", join(home.path, "node"), "task", "create", "--bundle", bundle)
  if (made.code !== 0) throw new Error(made.stderr)
  return "parabola"
}

function endlessEvaluator(mark: string): string {
  return `import { spawn } from "node:child_process"
spawn(process.execPath, ["-e", ${JSON.stringify(DEAF)}, ${JSON.stringify(mark)}], { stdio: "ignore", detached: true })
${DEAF}
`
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server's address is never a pipe name
  return (server.address() as AddressInfo).port
}

/** Processes that have `mark` in their command line. */
export function processesWith(mark: string): number {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(mark)
    } catch {
      return false
    }
  }).length
}
