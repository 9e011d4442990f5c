import { connect } from "node:net"
import { encodeFrame, parseMessage, takeFrame } from "@spore/legacy"
import { concatBytes } from "@spore/records"

const PROBE_MS = 3_000
/** Bytes of the first message: what a 0.6 node says first is short. */
const MAX_BYTES = 64 * 1024

/** What answers at an address that does not speak libp2p: a node of the 0.6 network, or nothing known. */
export async function explainFailure(host: string, port: number): Promise<{ what: string; next: string } | null> {
  if (!(await isLegacyNode(host, port))) return null
  return {
    what: "is a node of sporemesh 0.6, which speaks another protocol",
    next: `add "${host.includes(":") ? `[${host}]` : host}:${port}" to [legacy] peers in config.toml`,
  }
}

/** Whether a node of the 0.6 network answers there: it is asked once, for a sign of life. */
function isLegacyNode(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    let received: Uint8Array = new Uint8Array()
    const timer = setTimeout(end, PROBE_MS, false)
    function end(isLegacy: boolean): void {
      clearTimeout(timer)
      socket.destroy()
      resolve(isLegacy)
    }
    socket.once("connect", () => socket.write(encodeFrame("ping", "{}")))
    socket.once("error", () => end(false))
    socket.once("close", () => end(false))
    socket.on("data", (chunk) => {
      received = concatBytes(received, typeof chunk === "string" ? Buffer.from(chunk) : chunk)
      const isMessage = beginsWithMessage(received)
      if (isMessage !== null) end(isMessage)
      else if (received.length > MAX_BYTES) end(false)
    })
  })
}

/** Whether what came begins with a message of 0.6, its answer or another; null while that is incomplete. */
function beginsWithMessage(received: Uint8Array): boolean | null {
  try {
    const frame = takeFrame(received)
    return frame && parseMessage(frame.body).type !== ""
  } catch {
    return false
  }
}
