import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js"
import { beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { addFile } from "@spore/records/artifacts"
import { addProfile, fakePeer } from "@spore/fixture"
import { createTestApi, type TestApi } from "./support/api.ts"

const contentSchema = z.record(z.string(), z.object({ schema: z.unknown() }))
const responseSchema = z.object({ content: contentSchema.optional() })
const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.object({ get: z.object({ responses: z.record(z.string(), responseSchema) }) })),
})

/** An answer beside what the document says of it. */
interface Judged {
  readonly status: number
  readonly type: string
  readonly errors: ValidateFunction["errors"]
}

describe("the OpenAPI document", () => {
  let api: TestApi
  let ajv: Ajv2020
  let paths: z.output<typeof documentSchema>["paths"]
  /** Real requests by the path of the document that they are of. */
  let asked: Record<string, string[]>

  beforeAll(async () => {
    api = await createTestApi({ experiments: 90, missing: 0.1, twoClasses: true })
    const { node, task, experiments } = api.fixture
    await addProfile(node, { display_name: "Ada", bio: "hidden layers", website: "https://example.org" })
    node.set({ peers: [fakePeer({ nodeId: "12D3KooWPeer" })] })
    node.setLog(["step 1"])
    const document: unknown = await (await api.request("/api/v1/openapi.json")).json()
    ;({ paths } = documentSchema.parse(document))
    ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false })
    ajv.addSchema(closed(document), "openapi")
    const challenged = (await node.store.disputes({})).items[0]?.experiment ?? ""
    const rerun = (await node.store.verifications({})).items[0]
    const ids = [experiments[0]?.id ?? "", experiments[40]?.id ?? "", challenged, rerun?.experiment ?? ""]
    const each = (of: string): string[] => [...ids, "bafyrei", "bafynone"].map((id) => `/experiments/${id}${of}`)
    const tasked = (of: string): string[] => [task.id, "none"].map((id) => `/tasks/${id}${of}`)
    const text = await addFile(node.artifacts, new TextEncoder().encode("text"))
    const seq = (await node.store.experiment(ids[1] ?? ""))?.seq ?? 0
    asked = {
      "/activity/log": ["/activity/log", "/activity/log?worker=3", "/activity/log?worker=x"],
      "/blobs/{cid}": [`/blobs/${text}`, "/blobs/none"],
      "/disputes": ["/disputes", `/disputes?experiment=${challenged}`, "/disputes?limit=0"],
      "/events": ["/events?types=nothing"],
      "/experiments": ["/experiments?limit=500", "/experiments?sort=best&verified=true", "/experiments?status=nice"],
      "/experiments/{id}": each(""),
      "/experiments/{id}/children": each("/children"),
      "/experiments/{id}/code": each("/code"),
      "/experiments/{id}/comparison": each("/comparison"),
      "/experiments/{id}/diff": each("/diff"),
      "/experiments/{id}/disputes": each("/disputes"),
      "/experiments/{id}/lineage": each("/lineage"),
      "/experiments/{id}/log": each("/log"),
      "/experiments/{id}/proof": each("/proof"),
      "/experiments/{id}/verifications": each("/verifications"),
      "/health": ["/health"],
      "/lookup": [`/lookup?id=${ids[0]?.slice(7, 15)}`, "/lookup?id=nothing", "/lookup"],
      "/nodes": ["/nodes", `/nodes?task=${task.id}`, "/nodes?cursor=x"],
      "/nodes/{id}": [`/nodes/${node.nodeId}`, "/nodes/12D3KooWPeer", "/nodes/12D3KooW", "/nodes/none"],
      "/nodes/{id}/experiments": [`/nodes/${node.nodeId}/experiments`, "/nodes/none/experiments"],
      "/nodes/{id}/residuals": [`/nodes/${rerun?.author}/residuals`, "/nodes/none/residuals"],
      "/search": ["/search?q=hidden", "/search?q=a", "/search"],
      "/stats": ["/stats"],
      "/status": ["/status"],
      "/tasks": ["/tasks", "/tasks?limit=x"],
      "/tasks/{id}": tasked(""),
      "/tasks/{id}/activity": tasked("/activity?limit=500"),
      "/tasks/{id}/frontier": tasked("/frontier"),
      "/tasks/{id}/graph": tasked("/graph"),
      "/tasks/{id}/graph/{seq}": tasked(`/graph/${seq}`),
      "/tasks/{id}/improvements": tasked("/improvements"),
      "/tasks/{id}/nodes": tasked("/nodes"),
      "/tasks/{id}/progress": tasked("/progress"),
      "/verifications": ["/verifications", "/verifications?node=none"],
    }
  })

  async function judge(path: string, url: string): Promise<Judged> {
    const response = await api.request(`/api/v1${url}`)
    const type = response.headers.get("content-type")?.split(";")[0] ?? ""
    const status = response.ok ? "200" : "default"
    const schema = paths[path]?.get.responses[status]?.content?.[type]?.schema
    if (schema === undefined) throw new Error(`${url}: no schema for ${response.status} ${type}`)
    const pointer = ["paths", path, "get", "responses", status, "content", type, "schema"]
      .map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"))
      .map(encodeURIComponent)
      .join("/")
    const validate = ajv.compile({ $ref: `openapi#/${pointer}` })
    const body: unknown = type.endsWith("json") ? await response.json() : await response.text()
    validate(body)
    return { status: response.status, type, errors: validate.errors }
  }

  it("says what every route answers, problems too, and names every field", async () => {
    expect(Object.keys(asked).toSorted()).toEqual(Object.keys(paths).toSorted())
    const statuses = new Set<number>()
    for (const [path, urls] of Object.entries(asked)) {
      for (const url of urls) {
        const { status, type, errors } = await judge(path, url)
        const isProblem = type === "application/problem+json"
        expect({ url, errors, isProblem }).toEqual({ url, errors: null, isProblem: status >= 400 })
        statuses.add(status)
      }
    }
    expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 400, 404, 409])
  })

  it("would be found wrong: a field more, less or of another type is an error", () => {
    const validate = ajv.compile({ $ref: "openapi#/components/schemas/Stats" })
    const stats = { tasks: 1, experiments: 1, kept: 1, verifications: 0, nodes: 1, seq: 3 }
    expect(validate(stats)).toBe(true)
    expect(validate({ ...stats, more: 1 })).toBe(false)
    expect(validate({ ...stats, seq: "3" })).toBe(false)
    expect(validate({ tasks: 1 })).toBe(false)
  })
})

/** The document with no room for fields that it does not name. Readers allow those: later releases add some. */
function closed(value: unknown): object {
  const close = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(close)
    if (typeof part !== "object" || part === null) return part
    const fields = Object.fromEntries(Object.entries(part).map(([name, field]) => [name, close(field)]))
    return "properties" in part && !("additionalProperties" in part)
      ? { ...fields, additionalProperties: false }
      : fields
  }
  const document = close(value)
  if (typeof document !== "object" || document === null) throw new Error("the document is an object")
  return document
}
