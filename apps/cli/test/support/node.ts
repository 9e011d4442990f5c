import { join } from "node:path"
import { createSporeClient, type SporeClient } from "@spore/api/client"
import { dataPaths, findRunning } from "@spore/node/local"
import { until } from "@spore/testkit"
import type { Home, Started } from "./spore.ts"

/** A real `spore run` or `spore-relay` that serves. */
export interface RunningNode extends AsyncDisposable {
  /** Of explorer and API. */
  readonly url: string
  readonly client: SporeClient
  /** Where peers reach it on loopback. */
  readonly address: string
  /** Ends it as Ctrl-C does; gives its exit code. */
  stop(): Promise<number | null>
  signal(name: NodeJS.Signals): void
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>
}

/** Starts `spore run` on a data folder of its own below `home` and waits until it serves. */
export async function runNode(home: Home, name: string, ...flags: string[]): Promise<RunningNode> {
  const dataDir = join(home.path, name)
  return serving(dataDir, home.start("run", "--json", "--data-dir", dataDir, ...flags))
}

/** Starts `spore-relay` on a data folder of its own below `home`, on loopback, and waits until it serves. */
export async function runRelay(home: Home, name: string, ...flags: string[]): Promise<RunningNode> {
  const dataDir = join(home.path, name)
  const listen = ["--listen", "/ip4/127.0.0.1/tcp/0"]
  return serving(dataDir, home.startRelay("--data-dir", dataDir, ...listen, ...flags))
}

async function serving(dataDir: string, { child, ended }: Started): Promise<RunningNode> {
  const running = await until(
    async () => {
      if (child.exitCode !== null) {
        const { stdout, stderr } = await ended
        throw new TypeError(`it ended: ${stderr}${stdout}`)
      }
      const found = await findRunning(dataPaths(dataDir).running)
      const address = found?.addresses.find((one) => one.startsWith("/ip4/127.0.0.1/"))
      if (found?.pid !== child.pid || found?.url === null || address === undefined) return undefined
      return { url: found?.url ?? "", address }
    },
    { timeoutMs: 45_000, what: `a node on ${dataDir} to serve` },
  )
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null) child.kill("SIGINT")
    return (await ended).code
  }
  return {
    ...running,
    client: createSporeClient(running.url),
    stop,
    signal: (name) => void child.kill(name),
    kill: async () => {
      child.kill("SIGKILL")
      await ended
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}
