import { messageOf } from "@spore/records"
import type { ChannelLimits } from "./limits.ts"
import { abusive, unreachable, untrusted } from "./problems.ts"

export interface Transfer {
  readonly url: string
  /** For people. */
  readonly name: string
  /** More than these is an attack. */
  readonly maxBytes: number
}

/**
 * The body of an answer, as it comes. One request, without cookies, credentials or a word about this machine;
 * redirects are not followed, so that nobody but the channel's own host is asked.
 *
 * @returns null: there is no such file
 * @throws SporeError `channel_unreachable`, `channel_abusive`; the signal's reason where it is aborted
 */
export async function transfer(
  { url, name, maxBytes }: Transfer,
  limits: ChannelLimits,
  signal: AbortSignal,
): Promise<AsyncGenerator<Uint8Array> | null> {
  const watch = new AbortController()
  const stop = AbortSignal.any([signal, watch.signal])
  const patience = setTimeout(() => {
    watch.abort(unreachable(`${hostOf(url)} did not answer within ${limits.answerMs / 1000} s`))
  }, limits.answerMs)
  let response: Response
  try {
    response = await fetch(url, {
      redirect: "manual",
      credentials: "omit",
      cache: "no-store",
      headers: HEADERS,
      signal: stop,
    })
  } catch (error) {
    throw stop.aborted ? stop.reason : unreachable(`${hostOf(url)} cannot be reached: ${causeOf(error)}`, error)
  } finally {
    clearTimeout(patience)
  }

  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel().catch(() => undefined)
    if (response.status === 403 || response.status === 404) return null
    if (response.status >= 300 && response.status < 400) {
      const next = "if the channel has moved, set update.url to its new address"
      throw unreachable(`${hostOf(url)} sends elsewhere for ${name}; redirects are not followed`, undefined, next)
    }
    throw unreachable(`${hostOf(url)} answers ${response.status} for ${name}`)
  }
  return paced(response.body, { name, maxBytes, limits, watch, stop })
}

/** A small file, whole; null where there is none. */
export async function transferBytes(
  wanted: Transfer,
  limits: ChannelLimits,
  signal: AbortSignal,
): Promise<Buffer | null> {
  const body = await transfer(wanted, limits, signal)
  if (body === null) return null
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** @throws SporeError `channel_untrusted`: neither TLS nor this machine */
export function channelBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  const isLoopback = url !== null && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isLoopback))) {
    throw untrusted(`${text} is no address of a channel: expected https://… (or http:// on this machine)`)
  }
  if (url.username !== "" || url.password !== "") throw untrusted("the address of a channel holds no name or password")
  return new URL(url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`, url)
}

const HEADERS = { "user-agent": "spore", accept: "*/*", "accept-encoding": "identity", "accept-language": "*" }

interface Paced {
  readonly name: string
  readonly maxBytes: number
  readonly limits: ChannelLimits
  readonly watch: AbortController
  readonly stop: AbortSignal
}

async function* paced(body: ReadableStream<Uint8Array>, options: Paced): AsyncGenerator<Uint8Array> {
  const { name, maxBytes, limits, watch, stop } = options
  let received = 0
  let before = 0
  const pace = setInterval(() => {
    if (received - before < limits.paceBytes) {
      watch.abort(abusive(`${name} comes too slowly: ${received - before} bytes in ${limits.paceMs / 1000} s`))
    }
    before = received
  }, limits.paceMs)
  try {
    for await (const chunk of body) {
      received += chunk.length
      if (received > maxBytes) throw abusive(`${name} has more than the ${maxBytes} bytes that it may have`)
      yield chunk
    }
  } catch (error) {
    if (stop.aborted) throw stop.reason
    throw isTransport(error) ? unreachable(`the connection broke off at byte ${received} of ${name}`, error) : error
  } finally {
    clearInterval(pace)
  }
}

/** What `fetch` throws for a connection that ends early. */
function isTransport(error: unknown): boolean {
  return error instanceof TypeError
}

function hostOf(url: string): string {
  return new URL(url).host
}

/** `fetch` hides the reason one level deeper. */
function causeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  const text = messageOf(cause ?? error)
  return text === "" && cause instanceof Error && "code" in cause ? String(cause.code) : text
}
