import { connect, createServer, type Socket } from "node:net"
import { once } from "node:events"
import { concatBytes } from "@spore/records"
import { z } from "zod"
import {
  encodeFrame,
  type LegacyAddress,
  type LegacyMessage,
  type LegacyObject,
  legacyTypeOf,
  parseMessage,
  printPythonJson,
  takeFrame,
  toWire,
} from "../src/index.ts"

/** A raw 0.6 connection of a test's own. */
export interface RawPeer extends Disposable {
  readonly socket: Socket
  /** All that came, as text: `type` and the payload as it was printed. */
  readonly heard: LegacyMessage[]
  /** Their bodies. */
  readonly bodies: string[]
  readonly isClosed: () => boolean
  send(type: string, payload: string): void
  sendObject(object: LegacyObject): void
  count(type: string): number
}

export type Handler = (peer: RawPeer, message: LegacyMessage, body: Uint8Array) => void

export function rawPeer(socket: Socket, onMessage: Handler = () => undefined): RawPeer {
  let received: Uint8Array = new Uint8Array()
  let closed = false
  const heard: LegacyMessage[] = []
  const bodies: string[] = []
  const send = (type: string, payload: string): void => {
    // Any type, right or wrong.
    const body = new TextEncoder().encode(`{"type":"${type}","payload":${payload}}`)
    const header = new Uint8Array(4)
    new DataView(header.buffer).setUint32(0, body.length)
    if (!closed) socket.write(concatBytes(header, body))
  }
  const peer: RawPeer = {
    socket,
    heard,
    bodies,
    isClosed: () => closed,
    send,
    sendObject: (object) => send(legacyTypeOf(object.kind), toWire(object)),
    count: (type) => heard.filter((message) => message.type === type).length,
    [Symbol.dispose]: () => socket.destroy(),
  }
  socket.on("error", () => undefined)
  socket.on("close", () => {
    closed = true
  })
  socket.on("data", (chunk: Buffer) => {
    received = concatBytes(received, chunk)
    for (let frame = takeFrame(received); frame !== null; frame = takeFrame(received)) {
      const body = Uint8Array.from(frame.body)
      received = received.subarray(frame.length)
      const message = parseMessage(body)
      heard.push(message)
      bodies.push(Buffer.from(body).toString())
      onMessage(peer, message, body)
    }
  })
  return peer
}

/** Connects to a node of ours. */
export async function dialRaw({ host, port }: LegacyAddress, onMessage?: Handler): Promise<RawPeer> {
  const socket = connect({ host, port })
  await once(socket, "connect")
  return rawPeer(socket, onMessage)
}

/** A listener that does what a test says with each connection. */
export interface RawServer extends AsyncDisposable {
  readonly address: LegacyAddress
  readonly peers: RawPeer[]
}

export async function rawServer(
  onMessage: Handler,
  onConnect: (peer: RawPeer) => void = () => undefined,
): Promise<RawServer> {
  const peers: RawPeer[] = []
  const server = createServer((socket) => {
    const peer = rawPeer(socket, onMessage)
    peers.push(peer)
    onConnect(peer)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = z.object({ port: z.number() }).parse(server.address())
  return {
    address: { host: "127.0.0.1", port },
    peers,
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of peers) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
}

/** What a 0.6 node holds: the very text of each object, by id. */
export interface OldFacts {
  readonly objects: Map<string, { type: string; text: string; timestamp: bigint }>
  readonly code: Map<string, string>
  /** Addresses that it tells to whoever asks. */
  readonly known: string[]
}

export function oldFacts(objects: readonly LegacyObject[] = [], code: Record<string, string> = {}): OldFacts {
  const facts: OldFacts = { objects: new Map(), code: new Map(Object.entries(code)), known: ["192.0.2.1:7470"] }
  for (const object of objects) keepOld(facts, legacyTypeOf(object.kind), toWire(object))
  return facts
}

function keepOld(facts: OldFacts, type: string, text: string): boolean {
  const fields = parseMessage(new TextEncoder().encode(`{"type":"${type}","payload":${text}}`)).payload
  if (!(fields instanceof Map)) return false
  const id = fields.get(type === "task" ? "task_id" : "id")
  const timestamp = fields.get("timestamp")
  if (typeof id !== "string" || typeof timestamp !== "bigint" || facts.objects.has(id)) return false
  facts.objects.set(id, { type, text, timestamp })
  return true
}

function timeOf(since: unknown): bigint {
  return typeof since === "bigint" ? since : 0n
}

const LOGS: Record<string, (type: string) => boolean> = {
  sync: (type) => type === "experiment",
  control_sync: (type) => ["challenge", "challenge_response", "verification", "dispute"].includes(type),
  task_sync: (type) => type === "task",
}

/** Answers and relays as a 0.6 node does, one object a frame, messages of a connection in their order. */
export function oldNode(facts: OldFacts, others: () => readonly RawPeer[]): Handler {
  return (peer, { type, payload }, body) => {
    const field = (name: string): unknown => (payload instanceof Map ? payload.get(name) : undefined)
    const log = /^(.*sync)_request$/.exec(type)?.[1]
    if (log !== undefined) {
      const since = timeOf(field("since"))
      const found = [...facts.objects.values()].filter(
        (one) => LOGS[log]?.(one.type) && (log === "sync" ? one.timestamp >= since : one.timestamp > since),
      )
      for (const one of found.toSorted((a, b) => Number(a.timestamp - b.timestamp))) peer.send(one.type, one.text)
      peer.send(`${log}_response`, `{"since":${since},"count":${found.length}}`)
    } else if (type === "ping") peer.send("pong", "{}")
    else if (type === "pex_request") peer.send("pex_response", JSON.stringify({ peer: facts.known }))
    else if (type === "code_request") {
      const digest = String(field("code_cid"))
      const text = facts.code.get(digest)
      if (text !== undefined) peer.send("code_response", JSON.stringify({ code_cid: digest, code: btoa(text) }))
    } else if (type === "code_response") {
      facts.code.set(String(field("code_cid")), atob(String(field("code"))))
    } else if (/^(experiment|task|challenge|challenge_response|verification|dispute|profile)$/.test(type)) {
      const text = Buffer.from(body)
        .toString()
        .replace(/^.*?"payload":/, "")
        .slice(0, -1)
      if (!keepOld(facts, type, text)) return
      for (const other of others()) if (other !== peer) other.send(type, text)
      const code = field("code_cid")
      if (type === "experiment" && typeof code === "string" && !facts.code.has(code)) {
        peer.send("code_request", JSON.stringify({ code_cid: code }))
      }
    }
  }
}

/** A listening 0.6 node. */
export interface OldServer extends RawServer {
  readonly facts: OldFacts
}

export async function listeningOldNode(facts: OldFacts): Promise<OldServer> {
  const peers: RawPeer[] = []
  const server = await rawServer(
    oldNode(facts, () => peers),
    (peer) => peers.push(peer),
  )
  return Object.assign(server, { facts })
}

/** A 0.6 node that dials one of ours, and asks in its order. */
export async function diallingOldNode(facts: OldFacts, address: LegacyAddress): Promise<RawPeer> {
  const peer = await dialRaw(
    address,
    oldNode(facts, () => [peer]),
  )
  peer.socket.write(encodeFrame("pex_request", "{}"))
  for (const log of ["sync", "control_sync", "task_sync"] as const) {
    peer.socket.write(encodeFrame(`${log}_request`, printPythonJson(new Map([["since", 0n]]), "given")))
  }
  return peer
}
