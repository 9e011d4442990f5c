import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { silentLogger } from "@spore/records"
import { createApi, serveApi } from "../src/index.ts"
import { createTestApi } from "./support/api.ts"
import { watch } from "./support/example.ts"

const text = (path: string): Promise<string> => readFile(fileURLToPath(new URL(path, import.meta.url)), "utf8")

describe("docs/api.md", () => {
  it("shows a client that runs", async () => {
    const source = (await text("support/example.ts")).replace("../../src/client/index.ts", "@spore/api/client")
    expect(await text("../../../docs/api.md")).toContain(`\`\`\`ts\n${source}\`\`\``)

    const { fixture } = await createTestApi({ experiments: 12 })
    const server = await serveApi(createApi({ node: fixture.node, version: "1", log: silentLogger }), { port: 0 })
    const stop = new AbortController()
    const lines: string[] = []
    const tell = (line: string): void => {
      lines.push(line)
      if (/^\d+: experiment of /.test(line)) stop.abort()
    }
    // The stream begins with what comes after it is open, and nothing tells when that is.
    const adding = setInterval(() => void fixture.next(), 200)
    try {
      await watch(server.url, tell, stop.signal).catch((error: unknown) => {
        if (!stop.signal.aborted) throw error
      })
    } finally {
      clearInterval(adding)
      await server.close()
    }
    expect(lines[0]).toMatch(/^.+: [\d.]+ by 12D3KooW\w+ \(\w+\)$/)
    expect(lines.at(-1)).toMatch(/^\d+: (experiment|verification) of 12D3KooW/)
  })

  it("has every route, and every code that a problem may have", async () => {
    const { request } = await createTestApi({ experiments: 0 })
    const document = await (await request("/api/v1/openapi.json")).text()
    const docs = await text("../../../docs/api.md")
    const routes = [...document.matchAll(/"(\/[a-z]+[^"]*)":\{"get"/g)].map(([, path]) => path ?? "")
    expect(routes.length).toBeGreaterThan(30)
    for (const route of routes) expect(docs).toContain(`\`${route}`)
    const problems = await text("../src/problems.ts")
    const codes = [...problems.matchAll(/^ {2}([a-z_]+): \d{3},$/gm)].map(([, code]) => code ?? "")
    expect(codes.length).toBeGreaterThan(15)
    for (const code of [...codes, "internal"]) expect(docs).toContain(`\`${code}\``)
  })
})
