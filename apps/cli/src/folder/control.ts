import { askNode, type ControlRequest, dataPaths, findRunning } from "@spore/node/local"
import { isSporeError } from "@spore/records"
import { cliError } from "../errors.ts"

/**
 * Has the running node do something, as `askNode`.
 *
 * @throws SporeError `node_not_running`, `control_unavailable` where one runs without its control socket
 */
export async function commandNode(
  dataDir: string,
  request: ControlRequest,
  signal?: AbortSignal,
): Promise<string | null> {
  try {
    return await askNode(dataDir, request, signal)
  } catch (error) {
    const isSilent = isSporeError(error, "node_not_running")
    if (!isSilent || (await findRunning(dataPaths(dataDir).running)) === null) throw error
    throw cliError(
      "control_unavailable",
      "the node that runs here takes no commands: it starts, stops, or has no socket",
      {
        cause: error,
        next: "spore doctor",
      },
    )
  }
}
