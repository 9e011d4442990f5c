import type { ModelBehaviour } from "./behaviour.ts"

/** How a service puts a streamed answer on the wire, as server-sent events. */
export interface Wire {
  begin(model: string, inputTokens: number): string
  piece(text: string): string
  end(finish: Extract<ModelBehaviour, { kind: "answer" }>["finish"], tokens: { input: number; output: number }): string
  error(message: string): unknown
}

const chatCompletions: Wire = {
  begin: (model) => data({ ...CHUNK, model, choices: [{ index: 0, delta: { role: "assistant", content: "" } }] }),
  piece: (text) => data({ ...CHUNK, choices: [{ index: 0, delta: { content: text } }] }),
  end: (finish, { input, output }) => {
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
    const last = data({
      ...CHUNK,
      choices: [{ index: 0, delta: {}, finish_reason: finish }],
      x_groq: { id: "1", usage },
    })
    return `${last}${data({ ...CHUNK, choices: [], usage })}data: [DONE]\n\n`
  },
  error: (message) => ({ error: { message, type: "error", code: null, param: null } }),
}
const CHUNK = { id: "chat-1", object: "chat.completion.chunk", created: 1_700_000_000, model: "scripted" }

const messages: Wire = {
  begin: (model, inputTokens) => {
    const usage = { input_tokens: inputTokens, output_tokens: 0 }
    const message = { id: "msg_1", type: "message", role: "assistant", model, content: [], stop_reason: null, usage }
    const start = { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } }
    return event({ type: "message_start", message }) + event(start)
  },
  piece: (text) => event({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
  end: (finish, { output }) => {
    const reasons = { stop: "end_turn", length: "max_tokens", content_filter: "refusal" }
    const delta = { stop_reason: reasons[finish], stop_sequence: null }
    const stop = event({ type: "content_block_stop", index: 0 })
    return `${stop}${event({ type: "message_delta", delta, usage: { output_tokens: output } })}${event({ type: "message_stop" })}`
  },
  error: (message) => ({ type: "error", error: { type: "api_error", message } }),
}

const responses: Wire = {
  begin: (model) => {
    const response = { id: "resp_1", object: "response", created_at: 1, model, output: [], status: "in_progress" }
    const item = { type: "message", id: "item_1", role: "assistant", status: "in_progress", content: [] }
    return (
      event({ type: "response.created", response }) +
      event({ type: "response.output_item.added", output_index: 0, item })
    )
  },
  piece: (text) =>
    event({ type: "response.output_text.delta", item_id: "item_1", output_index: 0, content_index: 0, delta: text }),
  end: (finish, { input, output }) => {
    const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output }
    const ended = { id: "resp_1", object: "response", created_at: 1, model: "scripted", output: [], usage }
    if (finish === "stop") return event({ type: "response.completed", response: { ...ended, status: "completed" } })
    const reason = finish === "length" ? "max_output_tokens" : "content_filter"
    const response = { ...ended, status: "incomplete", incomplete_details: { reason } }
    return event({ type: "response.incomplete", response })
  },
  error: (message) => ({ error: { message, type: "error", code: null, param: null } }),
}

/** By the end of the path that is asked. */
export const WIRES: ReadonlyMap<string, Wire> = new Map([
  ["/chat/completions", chatCompletions],
  ["/messages", messages],
  ["/responses", responses],
])

function data(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`
}

function event(value: { readonly type: string; readonly [field: string]: unknown }): string {
  return `event: ${value.type}\n${data(value)}`
}
