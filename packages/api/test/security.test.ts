import { request as httpRequest } from "node:http"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { silentLogger } from "@spore/records"
import { addFile } from "@spore/records/artifacts"
import { createApi, serveApi } from "../src/index.ts"
import { createTestApi, type TestApi } from "./support/api.ts"

const utf8 = new TextEncoder()

describe("security", () => {
  let folder: string
  let explorerDir: string
  let api: TestApi

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "spore-api-"))
    explorerDir = join(folder, "dist")
    await mkdir(join(explorerDir, "assets"), { recursive: true })
    await writeFile(join(folder, "secret.txt"), "never to be served")
    await writeFile(join(explorerDir, "index.html"), "<!doctype html><title>Spore</title>")
    await writeFile(join(explorerDir, "favicon.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>")
    await writeFile(join(explorerDir, "assets", "index-abc123.js"), `console.log(1)\n${"//\n".repeat(1000)}`)
    api = await createTestApi({ experiments: 3 }, { explorerDir, hosts: ["Relay.Example"] })
  })
  afterAll(() => rm(folder, { recursive: true }))

  it("answers only to names it goes by", async () => {
    for (const host of ["localhost", "localhost:8470", "127.0.0.1:1", "[::1]:8470", "LOCALHOST", "relay.example:443"]) {
      expect([host, (await api.request("/api/v1/stats", { headers: { host } })).status]).toEqual([host, 200])
    }
    for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "localhost:80:80", "[::2]"]) {
      for (const path of ["/api/v1/stats", "/api/v1/events", "/"]) {
        const response = await api.request(path, { headers: { host } })
        expect([host, response.status]).toEqual([host, 403])
        expect(await response.json()).toMatchObject({ code: "host_not_allowed" })
      }
    }
  })

  it("changes nothing, whatever the method", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const path of ["/api/v1/tasks", "/"]) {
        const response = await api.request(path, { method })
        expect(response.status).toBe(405)
        expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS")
      }
    }
    expect((await api.request("/api/v1/tasks", { method: "HEAD" })).status).toBe(200)
    expect((await api.request("/api/v1/events", { method: "HEAD" })).status).toBe(200)
  })

  it("lets other sites read shared facts, and nothing about this machine", async () => {
    const headers = { origin: "https://other.example" }
    const facts = await api.request("/api/v1/tasks", { headers })
    expect(facts.headers.get("access-control-allow-origin")).toBe("*")
    for (const path of ["/api/v1/status", "/api/v1/activity/log", "/"]) {
      const response = await api.request(path, { headers })
      expect(response.status).toBe(200)
      expect([path, response.headers.get("access-control-allow-origin")]).toEqual([path, null])
    }
    const preflight = await api.request("/api/v1/tasks", {
      method: "OPTIONS",
      headers: { ...headers, "access-control-request-method": "DELETE" },
    })
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET")
  })

  it("sends the page with a policy that allows its own files alone, and no HSTS", async () => {
    for (const path of ["/", "/t/abc", "/api/v1/stats", "/api/v1/nothing"]) {
      const { headers } = await api.request(path)
      expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; script-src 'self';/)
      expect(headers.get("content-security-policy")).not.toContain("unsafe")
      expect(headers.get("x-content-type-options")).toBe("nosniff")
      expect(headers.get("strict-transport-security")).toBeNull()
    }
  })

  it("serves the explorer with its types, for good where hashed, and its page for every view", async () => {
    const script = await api.request("/assets/index-abc123.js", { headers: { "accept-encoding": "gzip" } })
    expect(script.headers.get("content-type")).toMatch(/^text\/javascript/)
    expect(script.headers.get("cache-control")).toBe("public, max-age=31536000, immutable")
    expect(script.headers.get("content-encoding")).toBe("gzip")
    expect((await api.request("/favicon.svg")).headers.get("content-type")).toMatch(/^image\/svg\+xml/)
    for (const path of ["/", "/t/bafy", "/e/bafy?tab=code", "/network", "/nobody/knows/this"]) {
      const page = await api.request(path)
      expect(page.status).toBe(200)
      expect(page.headers.get("content-type")).toMatch(/^text\/html/)
      expect(page.headers.get("cache-control")).toBe(path === "/" ? page.headers.get("cache-control") : "no-cache")
      expect(await page.text()).toContain("<title>Spore</title>")
    }
    expect((await api.request("/assets/gone-000000.js")).status).toBe(404)
    expect((await api.request("/robots.txt")).status).toBe(404)
  })

  it("compresses what is worth it for who takes it, and says so to caches", async () => {
    const ask = (encoding: string, method = "GET"): Promise<Response> =>
      api.request("/api/v1/openapi.json", { method, headers: { "accept-encoding": encoding } })
    const plain = await ask("identity")
    const text = await plain.text()
    const packed = await ask("gzip")
    expect(gunzipSync(await packed.bytes()).toString()).toBe(text)
    expect((await ask("gzip", "HEAD")).headers.get("content-encoding")).toBeNull()
    for (const { headers } of [plain, packed]) expect(headers.get("vary")).toMatch(/accept-encoding/i)
    const tags = [plain, packed].map(({ headers }) => headers.get("etag"))
    expect(tags[1]).toBe(`W/${tags[0]}`)
    const again = await api.request("/api/v1/openapi.json", { headers: { "if-none-match": tags[1] ?? "" } })
    expect(again.status).toBe(304)
    const small = await api.request("/api/v1/stats", { headers: { "accept-encoding": "gzip" } })
    expect(small.headers.get("content-encoding")).toBeNull()
    expect(await small.json()).toHaveProperty("seq")
  })

  it("serves a hashed file as it is, whole or in part, compressed or not, however often", async () => {
    const path = "/assets/task-def456.js"
    const text = `console.log(2)\n${"//\n".repeat(1000)}`
    await writeFile(join(explorerDir, path), text)
    for (const encoding of ["gzip", "br", "gzip", "gzip;q=0", "br;q=1, gzip;q=0.1"]) {
      const headers = { "accept-encoding": encoding }
      const answer = await api.request(path, { headers })
      const isCompressed = answer.headers.get("content-encoding") === "gzip"
      expect([encoding, isCompressed]).toEqual([encoding, /gzip(?!;q=0$)/.test(encoding)])
      expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable")
      const bytes = await answer.bytes()
      expect([bytes.length.toString(), null]).toContain(answer.headers.get("content-length"))
      expect((isCompressed ? gunzipSync(bytes) : Buffer.from(bytes)).toString()).toBe(text)
      const part = await api.request(path, { headers: { ...headers, range: "bytes=0-9" } })
      expect(part.status).toBe(206)
    }
  })

  it("says how to build the explorer where it is not built", async () => {
    const bare = await createTestApi({ experiments: 0 }, { explorerDir: join(folder, "nowhere") })
    const response = await bare.request("/")
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: "explorer_missing", next: "run: pnpm build" })
  })

  it("gives no file outside the explorer's folder", async () => {
    const app = createApi({ node: api.fixture.node, version: "1", log: silentLogger, explorerDir })
    const server = await serveApi(app, { port: 0 })
    try {
      for (const path of [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%5c..%5csecret.txt",
        "/%252e%252e/secret.txt",
        "//secret.txt",
        "/\0secret.txt",
      ]) {
        const { status, body } = await raw(server.port, path)
        expect(body).not.toContain("never to be served")
        expect([200, 400, 404]).toContain(status)
      }
    } finally {
      await server.close()
    }
  })

  it("sends files of strangers inert", async () => {
    const { artifacts } = api.fixture.node
    const page = await addFile(artifacts, utf8.encode("<script>alert(1)</script>"))
    const text = await api.request(`/api/v1/blobs/${page}`)
    expect(text.headers.get("content-type")).toBe("text/plain; charset=utf-8")
    expect(text.headers.get("content-security-policy")).toBe("default-src 'none'; sandbox")
    expect(text.headers.get("x-content-type-options")).toBe("nosniff")
    expect(text.headers.get("cache-control")).toContain("immutable")
    const binary = await addFile(artifacts, new Uint8Array([0xff, 0xd8, 0, 1]))
    const bytes = await api.request(`/api/v1/blobs/${binary}`)
    expect(bytes.headers.get("content-type")).toBe("application/octet-stream")
    expect(bytes.headers.get("content-disposition")).toMatch(/^attachment/)
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(new Uint8Array([0xff, 0xd8, 0, 1]))
    // Larger than one block.
    const large = await addFile(artifacts, new Uint8Array(3 * 1024 * 1024).fill(97))
    expect((await (await api.request(`/api/v1/blobs/${large}`)).text()).length).toBe(3 * 1024 * 1024)
  })

  it("does not name the keeper's folders", async () => {
    expect(await (await api.request("/api/v1/status")).text()).not.toContain("/nowhere/spore")
  })
})

/** A request whose path no client library has normalised. */
function raw(port: number, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      port,
      host: "127.0.0.1",
      path: path.replaceAll("\0", "%00"),
      headers: { host: "localhost" },
    })
    request.on("response", (response) => {
      let body = ""
      response.on("data", (chunk: Buffer) => (body += chunk.toString()))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on("error", reject)
    request.end()
  })
}
