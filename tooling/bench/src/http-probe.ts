import { Agent, get, type IncomingMessage } from "node:http"
import { median } from "@spore/figures"

/** Requests before those that count. */
export const WARM = 5

export interface Answer {
  status: number
  /** As they came over the wire, compressed. */
  bytes: number
  etag: string
  ms: number
  /** Only where it came uncompressed. */
  text: string
}

/** Requests one after the other over a kept connection, without the work of a client that unpacks and parses. */
export interface Probe extends Disposable {
  ask(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Median of warm requests in ms; all are answered with the status. */
  time(path: string, init: { times: number; status?: number; headers?: Record<string, string> }): Promise<Timed>
}

export interface Timed {
  ms: number
  bytes: number
}

export function openProbe(origin: string): Probe {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask: Probe["ask"] = async (path, headers = {}) => {
    const begun = performance.now()
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(`${origin}${path}`, { agent, headers }, resolve).once("error", reject)
    })
    const chunks: Buffer[] = []
    // Without an encoding set, a response's chunks are buffers.
    for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    return {
      status: response.statusCode ?? 0,
      bytes: body.length,
      etag: response.headers.etag ?? "",
      ms: performance.now() - begun,
      text: response.headers["content-encoding"] === undefined ? body.toString() : "",
    }
  }
  return {
    ask,
    time: async (path, { times, status = 200, headers = { "accept-encoding": "gzip" } }) => {
      const all: Answer[] = []
      for (let i = 0; i < WARM + times; i++) all.push(await ask(path, headers))
      const other = all.find((answer) => answer.status !== status)
      if (other !== undefined) throw new Error(`${path} was answered with ${other.status}: ${other.text}`)
      return { ms: median(all.slice(WARM).map(({ ms }) => ms)), bytes: all.at(-1)?.bytes ?? 0 }
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}
