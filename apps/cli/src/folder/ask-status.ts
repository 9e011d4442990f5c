import { getBuiltinModule } from "node:process"
import { text } from "node:stream/consumers"
import { type NodeStatus, nodeStatusSchema } from "@spore/api/client"

// An `import` of it reads all that it exports, and so loads what `fetch` is made of: a tenth of a second.
const { get } = getBuiltinModule("node:http")

/**
 * What the node that serves at `url` says about itself. By `node:http`, and with this one schema: `fetch` and the whole
 * client would take longer than the rest of `spore status`.
 *
 * @throws where it does not answer, or not as expected
 */
export async function askStatus(url: string, signal: AbortSignal): Promise<NodeStatus> {
  const body = await new Promise<string>((resolve, reject) => {
    const request = get(new URL("/api/v1/status", url), { agent: false, signal }, (response) => {
      text(response).then(resolve, reject)
    })
    request.once("error", reject)
  })
  return nodeStatusSchema.parse(JSON.parse(body))
}
