import { connect } from "node:net"
import { messageOf, SporeError, hasErrorCode } from "@spore/records"
import {
  type ControlErrorCode,
  type ControlRequest,
  controlAnswer,
  LONG_REQUESTS,
  MAX_CONTROL_LINE,
} from "./protocol.ts"
import { findSocket } from "./socket.ts"

/** For the node's answer; a long request has no limit. */
const ANSWER_MS = 60_000

/**
 * Has the node that runs on a data folder do something; gives what it answers.
 *
 * @param signal gives up; of what was asked, the node does what it had begun
 * @throws SporeError `node_not_running` where none answers there, `busy`, `no_answer`, `bad_answer`,
 *   `control_unsafe`, `control_unusable`, or the error that the node met
 */
export async function askNode(dataDir: string, request: ControlRequest, signal?: AbortSignal): Promise<string | null> {
  const limits = LONG_REQUESTS.includes(request.op) ? [] : [AbortSignal.timeout(ANSWER_MS)]
  const ending = AbortSignal.any(signal === undefined ? limits : [signal, ...limits])
  const answer = readAnswer(await exchange(await findSocket(dataDir), request, ending))
  if (answer.ok) return answer.result
  throw new SporeError(answer.code, answer.message, answer.next === null ? {} : { next: answer.next })
}

function readAnswer(line: string): ReturnType<typeof controlAnswer.parse> {
  try {
    return controlAnswer.parse(JSON.parse(line))
  } catch (error) {
    throw controlError("bad_answer", "what answers on the control socket is of another version", error)
  }
}

function exchange(path: string, request: ControlRequest, ending: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ""
    const socket = connect(path)
    const abort = (): void => fail(abortError(ending.reason))
    const fail = (error: Error): void => {
      reject(error)
      socket.destroy()
    }
    if (ending.aborted) return abort()
    ending.addEventListener("abort", abort)
    socket.setEncoding("utf8")
    socket.once("connect", () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on("data", (chunk: string) => {
      text += chunk
      if (text.length > MAX_CONTROL_LINE) fail(controlError("bad_answer", "the answer is too long"))
    })
    socket.once("error", (error) => fail(socketError(error)))
    socket.once("close", () => {
      ending.removeEventListener("abort", abort)
      if (text.endsWith("\n")) resolve(text)
      else reject(notRunning())
    })
  })
}

function abortError(reason: unknown): Error {
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return controlError("no_answer", "the node that runs here did not answer in time", reason)
  }
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason })
}

function socketError(error: Error): Error {
  if (!hasErrorCode(error, "EACCES", "EPERM")) return notRunning(error)
  return new SporeError<ControlErrorCode>("control_unusable", `no way to the control socket: ${messageOf(error)}`, {
    cause: error,
    next: "run the command as the user of the node",
  })
}

function notRunning(cause?: Error): SporeError {
  return new SporeError<ControlErrorCode>("node_not_running", "no node runs on this data folder", {
    cause,
    next: "start it with: spore run",
  })
}

function controlError(code: ControlErrorCode, message: string, cause?: unknown): SporeError {
  return new SporeError<ControlErrorCode>(code, message, { cause, next: "spore status" })
}
