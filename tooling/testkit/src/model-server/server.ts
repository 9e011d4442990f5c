import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { setTimeout as delay } from "node:timers/promises"
import { fails, type ModelBehaviour } from "./behaviour.ts"
import { type Wire, WIRES } from "./wire.ts"

/** A request as the server read it. */
export interface ModelRequest {
  /** From 0. */
  readonly number: number
  readonly path: string
  /** As bearer or `x-api-key`; null without one. */
  readonly key: string | null
  /** The body as it came. */
  readonly body: string
  /** What the body asks of the model: its instructions and messages, one text. */
  readonly prompt: string
}

export interface ModelServerInit {
  /** What is done with each request: in turn, the last for all that follow; or as the function says. */
  readonly script: readonly ModelBehaviour[] | ((request: ModelRequest) => ModelBehaviour)
  /** Requests without this key are answered 401, with the key that they had in the message; by default all are taken. */
  readonly key?: string
  /** Any free port by default. */
  readonly port?: number
}

/** A scripted server of a language model on loopback. */
export interface ModelServer extends AsyncDisposable {
  /** Base URL: what stands before `/chat/completions`. */
  readonly url: string
  readonly port: number
  readonly requests: readonly ModelRequest[]
  /** Tokens that it counted, of all answers that came to their end. */
  readonly counted: { readonly input: number; readonly output: number }
}

/**
 * Speaks as OpenAI's Chat Completions (`/chat/completions`), Anthropic's Messages (`/messages`) and the Responses API
 * (`/responses`) do, streamed. A token is 4 characters.
 */
export async function startModelServer({ script, key, port = 0 }: ModelServerInit): Promise<ModelServer> {
  const requests: ModelRequest[] = []
  const counted = { input: 0, output: 0 }
  const closing = new AbortController()

  const behaviourOf = (request: ModelRequest): ModelBehaviour => {
    if (key !== undefined && request.key !== key) return fails(401, `Incorrect API key provided: ${request.key}`)
    if (typeof script === "function") return script(request)
    return script[request.number] ?? script.at(-1) ?? fails(500, "there is no script")
  }

  async function serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(message, requests.length)
    requests.push(request)
    const wire = [...WIRES].find(([end]) => request.path.endsWith(end))?.[1]
    if (wire === undefined) response.writeHead(404).end("no such path")
    else await behave(behaviourOf(request), request, wire, response)
  }

  async function behave(
    did: ModelBehaviour,
    request: ModelRequest,
    wire: Wire,
    response: ServerResponse,
  ): Promise<void> {
    if (did.kind === "silent") return
    if (did.kind === "status") {
      response.writeHead(did.status, { "content-type": "application/json", ...did.headers })
      response.end(JSON.stringify(wire.error(did.message)))
      return
    }
    const input = tokensOf(request.prompt)
    response.writeHead(200, { "content-type": "text/event-stream" })
    response.write(wire.begin("scripted", input))
    if (did.kind === "endless") {
      const gone = once(response, "close")
      while (!response.destroyed) {
        const hasRoom = response.write(wire.piece("again and again ".repeat(64)))
        if (!hasRoom) await Promise.race([once(response, "drain"), gone])
      }
      return
    }
    const pieces = did.text.match(/[^]{1,40}/gu) ?? []
    const sent = did.kind === "answer" ? pieces : pieces.slice(0, Math.ceil(pieces.length / 2))
    for (const piece of sent) {
      if (did.kind === "answer" && did.pause > 0) await delay(did.pause, undefined, { signal: closing.signal })
      response.write(wire.piece(piece))
    }
    if (did.kind === "answer") {
      const output = tokensOf(did.text)
      counted.input += input
      counted.output += output
      response.write(wire.end(did.finish, { input, output }))
    }
    response.end()
  }

  const server = createServer((message, response) => {
    response.on("error", () => undefined)
    serve(message, response).catch(() => response.destroy())
  })
  await once(server.listen(port, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port was given")
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    port: address.port,
    requests,
    counted,
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      const closed = once(server.close(), "close")
      server.closeAllConnections()
      await closed
    },
  }
}

async function readRequest(message: IncomingMessage, number: number): Promise<ModelRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) if (chunk instanceof Buffer) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString()
  const bearer = /^Bearer (.+)$/.exec(message.headers.authorization ?? "")?.[1]
  const own = message.headers["x-api-key"]
  const key = bearer ?? (typeof own === "string" ? own : null)
  return { number, path: message.url ?? "", key, body, prompt: textsOf(JSON.parse(body)).join("\n") }
}

/** All texts below `system`, `instructions`, `messages` and `input`, in their order. */
function textsOf(body: unknown): string[] {
  if (typeof body !== "object" || body === null) return []
  return Object.entries(body)
    .filter(([name]) => ["system", "instructions", "messages", "input"].includes(name))
    .flatMap(([, value]) => leaves(value))
}

function leaves(value: unknown): string[] {
  if (typeof value === "string") return [value]
  if (Array.isArray(value)) return value.flatMap(leaves)
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => (name === "role" || name === "type" ? [] : leaves(inner)))
}

function tokensOf(text: string): number {
  return Math.ceil(text.length / 4)
}
