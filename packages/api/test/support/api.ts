import { silentLogger } from "@spore/records"
import { type ApiInit, createApi } from "../../src/index.ts"
import { createSporeClient, type SporeClient } from "../../src/client/index.ts"
import { buildFixture, type Fixture, type FixtureInit } from "@spore/fixture"

export interface TestApi {
  readonly fixture: Fixture
  /** A request as a local browser makes it. */
  readonly request: (path: string, init?: RequestInit) => Promise<Response>
  /** The client, over the app without a socket. */
  readonly client: SporeClient
}

/** An API over a fixture. */
export async function createTestApi(init: FixtureInit, options: Partial<ApiInit> = {}): Promise<TestApi> {
  const fixture = await buildFixture(init)
  const app = createApi({ node: fixture.node, version: "1.2.3", log: silentLogger, ...options })
  const request = async (path: string, requestInit: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(requestInit.headers)
    if (!headers.has("host")) headers.set("host", "localhost:8470")
    return app.request(path, { ...requestInit, headers })
  }
  const fetchApp: typeof fetch = (input, requestInit) =>
    request(input instanceof Request ? input.url : input.toString(), requestInit)
  return { fixture, request, client: createSporeClient("http://localhost:8470", { fetch: fetchApp }) }
}
