import { connect } from "node:net"
import { SporeError } from "@spore/records"
import { type ControlRequest, controlAnswer, controlSocket, MAX_CONTROL_LINE } from "./protocol.ts"

/**
 * Has the node that runs on a data folder do something; gives what it answers.
 *
 * @throws SporeError `node_not_running` where none answers there, or the error that the node met
 */
export async function askNode(dataDir: string, request: ControlRequest, signal?: AbortSignal): Promise<string | null> {
  const parsed = controlAnswer.safeParse(JSON.parse(await exchange(controlSocket(dataDir), request, signal)))
  if (!parsed.success) throw new SporeError("bad_answer", "the running node is of another version")
  const { data } = parsed
  if (data.ok) return data.result
  throw new SporeError(data.code, data.message, data.next === null ? {} : { next: data.next })
}

function exchange(path: string, request: ControlRequest, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ""
    const socket = connect(path)
    const abort = (): void => {
      socket.destroy()
      reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"))
    }
    signal?.addEventListener("abort", abort)
    socket.setEncoding("utf8")
    socket.once("connect", () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on("data", (chunk: string) => {
      text += chunk
      if (text.length > MAX_CONTROL_LINE) socket.destroy()
    })
    socket.once("error", (error) => reject(notRunning(error)))
    socket.once("close", () => {
      signal?.removeEventListener("abort", abort)
      if (text.endsWith("\n")) resolve(text)
      else reject(notRunning())
    })
  })
}

function notRunning(cause?: Error): SporeError {
  return new SporeError("node_not_running", "no node runs on this data folder", {
    cause,
    next: "start it with: spore run",
  })
}
