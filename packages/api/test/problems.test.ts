import { beforeAll, describe, expect, it } from "vitest"
import { addFolder } from "@spore/records/artifacts"
import { problemSchema } from "../src/dto/index.ts"
import { createApi } from "../src/index.ts"
import { createTestApi, type TestApi } from "./support/api.ts"

const MISSING = "bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"

describe("problems", () => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi({ experiments: 12 })
  })

  /** Status and code of the problem that `path` gives. */
  async function problem(path: string): Promise<[number, string]> {
    const response = await api.request(`/api/v1${path}`)
    if (response.headers.get("content-type") !== "application/problem+json") throw new Error(`${path}: no problem`)
    const { status, code, type } = problemSchema.parse(await response.json())
    if (response.status !== status || type !== `urn:spore:problem:${code}`) throw new Error(`${path}: not itself`)
    return [status, code]
  }

  it("have true status codes and stable codes", async () => {
    const { id } = api.fixture.task
    const experiment = api.fixture.experiments[0]?.id ?? ""
    expect(await problem("/nothing")).toEqual([404, "not_found"])
    expect(await problem("/tasks/zzz")).toEqual([404, "not_found"])
    expect(await problem(`/experiments/${id}`)).toEqual([404, "not_found"])
    expect(await problem("/experiments/bafy")).toEqual([409, "ambiguous_id"])
    expect(await problem("/nodes/12D3KooW")).toEqual([409, "ambiguous_id"])
    expect(await problem("/nodes/nobody")).toEqual([404, "not_found"])
    expect(await problem("/experiments?node=nobody")).toEqual([404, "not_found"])
    expect(await problem(`/tasks/${id}/graph/999999`)).toEqual([404, "not_found"])
    expect(await problem(`/tasks/${id}/graph/1`)).toEqual([404, "not_found"])
    expect(await problem(`/tasks/${id}/graph?since=x`)).toEqual([400, "bad_request"])
    expect(await problem("/experiments?limit=0")).toEqual([400, "bad_request"])
    expect(await problem("/experiments?limit=501")).toEqual([400, "bad_request"])
    expect(await problem("/experiments?status=nice")).toEqual([400, "bad_request"])
    expect(await problem("/experiments?verified=maybe")).toEqual([400, "bad_request"])
    expect(await problem("/experiments?cursor=garbage")).toEqual([400, "bad_cursor"])
    expect(await problem("/tasks?cursor=garbage")).toEqual([400, "bad_cursor"])
    expect(await problem("/nodes?cursor=garbage")).toEqual([400, "bad_cursor"])
    expect(await problem(`/experiments/${experiment}/lineage?cursor=garbage`)).toEqual([400, "bad_cursor"])
    expect(await problem(`/experiments/${experiment}/verifications?cursor=garbage`)).toEqual([400, "bad_cursor"])
    expect(await problem(`/tasks/${id}/activity?cursor=-1`)).toEqual([400, "bad_cursor"])
    expect(await problem("/search")).toEqual([400, "bad_request"])
    expect(await problem("/search?q=")).toEqual([400, "bad_request"])
    expect(await problem("/search?q=%22*%22")).toEqual([400, "bad_query"])
    expect(await problem("/search?q=a&cursor=garbage")).toEqual([400, "bad_cursor"])
    expect(await problem("/search?q=a&task=zzz")).toEqual([404, "not_found"])
    expect(await problem("/events?types=fact,gossip")).toEqual([400, "bad_request"])
    expect(await problem("/blobs/not-a-cid")).toEqual([400, "bad_link"])
    expect(await problem(`/blobs/${MISSING}`)).toEqual([404, "artifact_missing"])
    const folder = await addFolder(api.fixture.node.artifacts, new Map([["a", new Uint8Array(3)]]))
    expect(await problem(`/blobs/${folder}`)).toEqual([415, "not_a_file"])
  })

  it("keep what went wrong inside the node in its log", async () => {
    const logged: string[] = []
    const log = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => void logged.push(message) }
    const broken = {
      ...api.fixture.node,
      status: () => Promise.reject(new Error("secret path /home/someone")),
    }
    const app = createApi({ node: broken, version: "1", log })
    const response = await app.request("/api/v1/status", { headers: { host: "localhost" } })
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(problemSchema.parse(JSON.parse(text)).code).toBe("internal")
    expect(text).not.toContain("secret")
    expect(logged).toEqual(["a request failed"])
  })
})
