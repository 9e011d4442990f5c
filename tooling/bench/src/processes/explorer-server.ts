/** The API and the built explorer over a kept search, an empty route beside them: `node --expose-gc explorer-server.ts <config>`. */
import { fileURLToPath } from "node:url"
import { createApi, serveApi } from "@spore/api"
import { openFixture } from "@spore/fixture"
import { silentLogger } from "@spore/records"
import { serveParent } from "@spore/soak"
import { Hono } from "hono"
import { z } from "zod"

const EXPLORER_DIR = fileURLToPath(new URL("../../../../apps/explorer/dist", import.meta.url))
const MIB = 1024 * 1024

const configSchema = z.object({
  /** Of a fixture; what `make` makes is stored there. */
  folder: z.string(),
  experiments: z.int(),
})

export type ExplorerServerConfig = z.input<typeof configSchema>

const { folder, experiments } = configSchema.parse(JSON.parse(process.argv[2] ?? "{}"))
const search = await openFixture(folder, { experiments })
const api = createApi({ node: search.node, explorerDir: EXPLORER_DIR, version: "0.0.0", log: silentLogger })
const served = await serveApi(api, { port: 0 })

const bare = new Hono()
bare.get("/bytes/:count", (c) => c.body("x".repeat(Number(c.req.param("count")))))
bare.get("/page", (c) => c.html("<!doctype html><title>empty</title><p>empty</p>"))
const limit = await serveApi(bare, { port: 0 })

const methods = {
  addresses: async () => ({
    url: `http://127.0.0.1:${served.port}`,
    bare: `http://127.0.0.1:${limit.port}`,
    task: search.task.id,
    hardwareClass: (await search.node.status()).hardwareClass ?? "",
  }),
  /** Stores so many more experiments. */
  make: async ({ count }: { count: number }) => {
    for (let made = 0; made < count; made++) await search.next()
  },
  /** MiB that this process holds now. */
  memory: async () => process.memoryUsage.rss() / MIB,
  /** MiB of objects that are still reachable. */
  reachable: async () => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed / MIB
  },
  /** Time of its threads on a processor so far, in ms. */
  cpu: async () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
}

export type ExplorerServerMethods = typeof methods

serveParent(methods, () => process.exit(0))
