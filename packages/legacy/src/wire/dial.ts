import { connect, type Socket } from "node:net"
import { messageOf } from "@spore/records"
import { type LegacyAddress, legacyAddressText } from "./address.ts"
import { wireError } from "./errors.ts"
import { createLegacyPeer, type LegacyPeer, type LegacyPeerInit } from "./peer.ts"

export interface Dialled {
  readonly peer: LegacyPeer
  /** Resolves with the reason when the connection is over. */
  readonly over: Promise<Error>
}

/**
 * Connects to a 0.6 node and asks for a sign of life. Its messages are read from then on.
 *
 * @param signal ends the connection, too
 * @throws SporeError `unreachable`, or `not_legacy` where something else answers
 */
export async function dialLegacy(
  address: LegacyAddress,
  init: Omit<LegacyPeerInit, "socket" | "onEstablished">,
  signal: AbortSignal,
): Promise<Dialled> {
  const where = legacyAddressText(address)
  const socket = await open(address, init.wire.limits.dialMs, signal)
  const established = Promise.withResolvers<void>()
  const peer = createLegacyPeer({ ...init, socket, onEstablished: established.resolve })
  const over = peer.read()
  const abort = (): void => peer.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"))
  signal.addEventListener("abort", abort)
  void over.then(() => signal.removeEventListener("abort", abort))
  // Whatever it says first tells that it speaks the protocol.
  peer.ping().catch(() => undefined)
  const reason = await Promise.race([established.promise, over])
  if (reason === undefined) return { peer, over }
  signal.throwIfAborted()
  throw wireError("not_legacy", `${where} does not speak the 0.6 protocol: ${reason.message}`, {
    cause: reason,
    next: "a node of this release is reached without `legacy`: spore connect, or peers in config.toml",
  })
}

function open(address: LegacyAddress, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const socket = connect(address)
    const fail = (error: unknown): void => {
      socket.destroy()
      settle()
      reject(
        wireError("unreachable", `${legacyAddressText(address)} is not reached: ${messageOf(error)}`, {
          cause: error,
          next: "check the address, and that the node there runs",
        }),
      )
    }
    const abort = (): void => fail(signal.reason)
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const settle = (): void => {
      clearTimeout(timer)
      signal.removeEventListener("abort", abort)
    }
    signal.addEventListener("abort", abort)
    socket.once("error", fail)
    socket.once("connect", () => {
      settle()
      socket.off("error", fail)
      resolve(socket)
    })
  })
}
