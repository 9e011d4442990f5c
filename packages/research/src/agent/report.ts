/**
 * What an agent prints, read as it comes: events of the agents that have presets, told apart by their shape, and plain
 * text. Nothing printed is trusted for more than words and figures.
 *
 * @packageDocumentation
 */
import { z } from "zod"

/** What an agent said that it used. */
export interface ReportedUsage {
  inputTokens: number
  outputTokens: number
  /** US dollars; null where it names no cost. */
  costUsd: number | null
}

export interface AgentReport {
  /** Takes a line of stdout. Gives what of it people may read; null where there is nothing. */
  push(line: string): string | null
  usage(): ReportedUsage
  /** Its final words: the end of them, at most 16 KiB. */
  words(): string
  /** What it said went wrong; null where it said nothing of the kind. */
  problem(): string | null
  /** The model it said it uses. */
  model(): string | null
}

interface State {
  /** Summed from events. */
  parts: ReportedUsage
  /** What the last event said of all. */
  total: Partial<ReportedUsage> | null
  /** The event that the last part belongs to: agents print one several times. */
  lastPart: { id: string; usage: ReportedUsage } | null
  words: string
  /** Whether the words so far are pieces that the next one continues. */
  open: boolean
  problem: string | null
  model: string | null
}

const MAX_WORDS = 16 * 1024
const NOTHING: ReportedUsage = { inputTokens: 0, outputTokens: 0, costUsd: null }

const count = z.number().nonnegative().max(1e12).catch(0)
const cost = z.number().nonnegative().max(1e9)
const text = z.string()
const tokens = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count.optional(),
  cache_read_input_tokens: count.optional(),
})

interface EventReader {
  /** Whether the event was of this shape: then what of it is to be shown. */
  read(event: unknown, state: State): { shown: string | null } | null
}

function reader<T>(schema: z.ZodType<T>, apply: (event: T, state: State) => string | null): EventReader {
  return {
    read(event, state) {
      const parsed = schema.safeParse(event)
      return parsed.success ? { shown: apply(parsed.data, state) } : null
    },
  }
}

const CLAUDE: EventReader[] = [
  reader(z.object({ type: z.literal("system"), model: text }), ({ model }, state) => {
    state.model = model
    return `works with ${model}`
  }),
  reader(
    z.object({
      type: z.literal("assistant"),
      message: z.object({
        id: text,
        content: z.array(z.object({ type: text, text: text.optional(), name: text.optional() })),
        usage: tokens.optional(),
      }),
    }),
    ({ message }, state) => {
      if (message.usage !== undefined) addPart(state, message.id, { ...usageOf(message.usage), costUsd: null })
      const said = message.content.flatMap((part) => part.text ?? []).join("\n")
      if (said !== "") say(state, said)
      const tools = message.content.flatMap((part) => part.name ?? [])
      return said !== "" ? said : tools.length > 0 ? `uses ${tools.join(", ")}` : null
    },
  ),
]

const CODEX: EventReader[] = [
  reader(z.object({ type: z.literal("turn.completed"), usage: tokens }), ({ usage }, state) => {
    addPart(state, null, { ...usageOf(usage), costUsd: null })
    return null
  }),
  reader(
    z.object({ type: z.literal("item.completed"), item: z.object({ type: text, text: text.optional() }) }),
    ({ item }, state) => {
      if (item.type === "agent_message" && item.text !== undefined) say(state, item.text)
      return item.text ?? item.type
    },
  ),
  reader(
    z.object({ type: z.literal("item.started"), item: z.object({ type: text, command: text }) }),
    ({ item }) => item.command,
  ),
  reader(z.object({ type: z.literal("turn.failed"), error: z.object({ message: text }) }), ({ error }, state) =>
    fail(state, error.message),
  ),
  reader(z.object({ type: z.literal("error"), message: text }), ({ message }, state) => fail(state, message)),
]

const OPENCODE: EventReader[] = [
  reader(
    z.object({
      type: z.literal("step_finish"),
      part: z.object({
        cost,
        tokens: z.object({
          input: count,
          output: count,
          reasoning: count.default(0),
          cache: z.object({ read: count.default(0), write: count.default(0) }).default({ read: 0, write: 0 }),
        }),
      }),
    }),
    ({ part }, state) => {
      const { input, output, reasoning, cache } = part.tokens
      addPart(state, null, {
        inputTokens: input + cache.read + cache.write,
        outputTokens: output + reasoning,
        costUsd: part.cost,
      })
      return null
    },
  ),
  reader(z.object({ type: z.literal("text"), part: z.object({ text }) }), ({ part }, state) => {
    say(state, part.text)
    return part.text
  }),
  reader(z.object({ type: z.literal("tool_use"), part: z.object({ tool: text }) }), ({ part }) => `uses ${part.tool}`),
  reader(
    z.object({
      type: z.literal("error"),
      error: z.object({ name: text, data: z.object({ message: text.optional() }).optional() }),
    }),
    ({ error }, state) => fail(state, error.data?.message ?? error.name),
  ),
]

const GEMINI: EventReader[] = [
  reader(z.object({ type: z.literal("init"), model: text }), ({ model }, state) => {
    state.model = model
    return `works with ${model}`
  }),
  reader(
    z.object({
      type: z.literal("message"),
      role: z.literal("assistant"),
      content: text,
      delta: z.boolean().default(false),
    }),
    ({ content, delta }, state) => {
      say(state, delta && state.open ? state.words + content : content)
      state.open = delta
      return content
    },
  ),
  reader(z.object({ type: z.literal("tool_use"), tool_name: text }), ({ tool_name }, state) => {
    state.open = false
    return `uses ${tool_name}`
  }),
  reader(
    z.object({
      type: z.literal("result"),
      status: text,
      stats: tokens.optional(),
      error: z.object({ message: text }).optional(),
    }),
    ({ stats, error }, state) => {
      if (stats !== undefined) state.total = usageOf(stats)
      return error === undefined ? null : fail(state, error.message)
    },
  ),
]

/** Claude's last event, and what any program may print: how much it used, and its final words. */
const RESULT = reader(
  z
    .object({
      is_error: z.boolean().optional(),
      result: text.optional(),
      total_cost_usd: cost.optional(),
      usage: tokens.optional(),
    })
    .refine((event) => event.total_cost_usd !== undefined || event.usage !== undefined),
  ({ is_error, result, total_cost_usd, usage }, state) => {
    state.total = {
      ...(usage === undefined ? {} : usageOf(usage)),
      ...(total_cost_usd === undefined ? {} : { costUsd: total_cost_usd }),
    }
    if (is_error === true) return fail(state, result ?? "it ended with an error")
    if (result !== undefined) say(state, result)
    return null
  },
)

const READERS = [...CLAUDE, ...CODEX, ...OPENCODE, ...GEMINI, RESULT]

/** aider's line after each request. */
const AIDER =
  /^Tokens: ([\d.]+)(k|M)? sent,.* ([\d.]+)(k|M)? received\.(?: Cost: \$[\d.]+ message, \$([\d.]+) session\.)?/

export function createAgentReport(): AgentReport {
  const state: State = {
    parts: NOTHING,
    total: null,
    lastPart: null,
    words: "",
    open: false,
    problem: null,
    model: null,
  }
  return {
    push(line) {
      const trimmed = line.trim()
      if (trimmed === "") return null
      if (trimmed.startsWith("{")) {
        const event = parseJson(trimmed)
        for (const each of event === null ? [] : READERS) {
          const read = each.read(event, state)
          if (read !== null) return read.shown
        }
        return null
      }
      readAider(trimmed, state)
      say(state, `${state.open ? state.words : ""}${line.trimEnd()}\n`)
      state.open = true
      return line
    },
    usage: () => ({ ...state.parts, ...state.total }),
    words: () => state.words.trim(),
    problem: () => state.problem,
    model: () => state.model,
  }
}

function usageOf(usage: z.infer<typeof tokens>): Pick<ReportedUsage, "inputTokens" | "outputTokens"> {
  const { cache_creation_input_tokens: written = 0, cache_read_input_tokens: read = 0 } = usage
  return { inputTokens: usage.input_tokens + written + read, outputTokens: usage.output_tokens }
}

/** Adds what a part used; said again of the same part, it takes the place of what was said before. */
function addPart(state: State, id: string | null, usage: ReportedUsage): void {
  const before = id !== null && state.lastPart?.id === id ? state.lastPart.usage : NOTHING
  state.parts = {
    inputTokens: state.parts.inputTokens + usage.inputTokens - before.inputTokens,
    outputTokens: state.parts.outputTokens + usage.outputTokens - before.outputTokens,
    costUsd: usage.costUsd === null ? state.parts.costUsd : (state.parts.costUsd ?? 0) + usage.costUsd,
  }
  state.lastPart = id === null ? null : { id, usage }
}

function say(state: State, words: string): void {
  state.words = words.slice(-MAX_WORDS)
  state.open = false
}

function fail(state: State, message: string): string {
  state.problem = message
  return message
}

function readAider(line: string, state: State): void {
  const match = AIDER.exec(line)
  if (match === null) return
  const [, sent = "", sentUnit, received = "", receivedUnit, session] = match
  addPart(state, null, {
    inputTokens: amount(sent, sentUnit),
    outputTokens: amount(received, receivedUnit),
    costUsd: null,
  })
  if (session !== undefined) state.parts = { ...state.parts, costUsd: Number(session) || 0 }
}

function amount(figure: string, unit: string | undefined): number {
  return Math.round((Number(figure) || 0) * (unit === "k" ? 1e3 : unit === "M" ? 1e6 : 1))
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}
