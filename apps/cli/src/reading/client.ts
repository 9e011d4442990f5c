import { createApi } from "@spore/api"
import { createSporeClient, type SporeClient } from "@spore/api/client"
import { dataPaths, findRunning } from "@spore/node/local"
import { silentLogger } from "@spore/records"
import { type FolderReader, openReader } from "../explorer/reader.ts"

/** What is asked of a data folder as of a node's API: of the node that runs on it, or else of the folder itself. */
export interface FolderClient extends AsyncDisposable {
  /**
   * The client for what is asked now; nodes come and go.
   *
   * @throws SporeError `not_initialised`, `database_unusable`, `database_newer`, `database_outdated`
   */
  client(): Promise<SporeClient>
}

export function createFolderClient(dataDir: string, version: string): FolderClient {
  let reader: Promise<FolderReader> | undefined

  async function close(): Promise<void> {
    const opened = reader
    reader = undefined
    await (await opened?.catch(() => undefined))?.close()
  }

  async function open(): Promise<FolderReader> {
    reader ??= openReader(dataDir, version)
    try {
      return await reader
    } catch (error) {
      reader = undefined
      throw error
    }
  }

  return {
    client: async () => {
      const running = await findRunning(dataPaths(dataDir).running)
      if (running !== null && running.url !== null) {
        await close()
        return createSporeClient(running.url)
      }
      const app = createApi({ node: await open(), version, log: silentLogger })
      return createSporeClient(IN_PROCESS, { fetch: async (input, init) => app.fetch(hostRequest(input, init)) })
    },
    [Symbol.asyncDispose]: close,
  }
}

const IN_PROCESS = "http://localhost"

/** A server tells by its Host what it is asked as, which `fetch` would add. */
function hostRequest(...args: Parameters<typeof fetch>): Request {
  const request = new Request(...args)
  request.headers.set("host", "localhost")
  return request
}
