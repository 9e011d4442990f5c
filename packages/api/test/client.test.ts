import { readFile } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { silentLogger } from "@spore/records"
import { createSporeClient, type SporeClient } from "../src/client/index.ts"
import { createApi, serveApi } from "../src/index.ts"
import { createTestApi } from "./support/api.ts"

function answering(body: string, status = 200): SporeClient {
  return createSporeClient("http://x", { fetch: async () => new Response(body, { status }) })
}

describe("client", () => {
  it("asks for what it is told, over HTTP", async () => {
    const { fixture } = await createTestApi({ experiments: 20 })
    const server = await serveApi(createApi({ node: fixture.node, version: "1", log: silentLogger }), { port: 0 })
    try {
      const client = createSporeClient(`${server.url}/`)
      const page = await client.experiments({ task: fixture.task.id, status: "keep", sort: "oldest", limit: 1 })
      expect(page.items[0]?.id).toBe(fixture.experiments[0]?.id)
      expect(page.next_cursor).not.toBeNull()
      const detail = await client.experiment(page.items[0]?.id ?? "")
      expect(await client.blobText(detail.log?.cid ?? "")).toContain("seed 17")
      await expect(client.task("nope")).rejects.toMatchObject({ name: "SporeApiError", code: "not_found", status: 404 })
      await expect(client.status(AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" })
    } finally {
      await server.close()
    }
    await expect(createSporeClient(server.url).status()).rejects.toMatchObject({ code: "unreachable", status: 0 })
  })

  it("refuses answers that are not what the API says", async () => {
    await expect(answering("{}").stats()).rejects.toMatchObject({ code: "bad_answer" })
    await expect(answering("<html>").stats()).rejects.toMatchObject({ code: "bad_answer" })
    await expect(answering("<html>", 502).stats()).rejects.toMatchObject({ code: "bad_answer", status: 502 })
  })

  it("pulls in no server code", async () => {
    const seen = new Set<string>()
    const packages = new Set<string>()
    const visit = async (file: string): Promise<void> => {
      if (seen.has(file)) return
      seen.add(file)
      const source = await readFile(file, "utf8")
      for (const [, from] of source.matchAll(/^(?:import|export)\s+(?!type\b)[^;]*?from\s+"([^"]+)"/gms)) {
        if (from?.startsWith(".") === true) await visit(resolve(dirname(file), from))
        else if (from !== undefined) packages.add(from)
      }
    }
    await visit(fileURLToPath(new URL("../src/client/index.ts", import.meta.url)))
    expect([...packages].toSorted()).toEqual(["eventsource-parser/stream", "zod"])
  })
})
