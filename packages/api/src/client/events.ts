import { EventSourceParserStream } from "eventsource-parser/stream"
import { type EventType, type ServerEvent, serverEventSchema } from "../dto/index.ts"

/** Which events to receive. */
export interface EventsRequest {
  task?: string
  types?: Exclude<EventType, "ready" | "reset">[]
  /** The last sequence number seen; what came since is replayed, or `reset` says that it is too much. */
  after?: number
  signal?: AbortSignal
}

/** The events in a response body; types of newer nodes are skipped. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent & { seq: number }> {
  // The DOM types of the two streams differ in the buffer they allow, which does not matter for reading.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const decoder = new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>
  const reader = body.pipeThrough(decoder).pipeThrough(new EventSourceParserStream()).getReader()
  try {
    for (;;) {
      const { done, value: message } = await reader.read()
      if (done) return
      const parsed = serverEventSchema.safeParse({ type: message.event, data: parseJson(message.data) })
      if (parsed.success) yield { ...parsed.data, seq: Number(message.id ?? 0) }
    }
  } finally {
    // Cancelling also where the consumer stops early, so that the connection closes.
    await reader.cancel().catch(() => {})
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
