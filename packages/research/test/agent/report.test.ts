import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type AgentReport, createAgentReport } from "../../src/agent/report.ts"

function read(lines: readonly unknown[]): AgentReport & { shown: string[] } {
  const report = createAgentReport()
  const shown = lines.flatMap((line) => report.push(typeof line === "string" ? line : JSON.stringify(line)) ?? [])
  return { ...report, shown }
}

describe("what an agent prints", () => {
  it("is read from claude's stream", () => {
    const usage = {
      input_tokens: 3,
      cache_creation_input_tokens: 100,
      cache_read_input_tokens: 1000,
      output_tokens: 50,
    }
    const said = (id: string, part: unknown): unknown => ({
      type: "assistant",
      message: { id, content: [part], usage },
    })
    const lines = [
      { type: "system", subtype: "init", model: "claude-opus-4-8" },
      said("m1", { type: "text", text: "I look." }),
      said("m1", { type: "tool_use", name: "Read", input: {} }),
      { type: "user", message: { role: "user", content: [{ type: "tool_result", content: "x" }] } },
      said("m2", { type: "tool_use", name: "Edit", input: {} }),
    ]
    const open = read(lines)
    expect(open.usage()).toEqual({ inputTokens: 2206, outputTokens: 100, costUsd: null })
    expect(open.model()).toBe("claude-opus-4-8")
    expect(open.shown).toEqual(["works with claude-opus-4-8", "I look.", "uses Read", "uses Edit"])
    const over = read([
      ...lines,
      {
        type: "result",
        subtype: "success",
        is_error: false,
        result: "Done.\n",
        total_cost_usd: 0.12,
        usage: { input_tokens: 7, output_tokens: 120 },
      },
    ])
    expect(over.usage()).toEqual({ inputTokens: 7, outputTokens: 120, costUsd: 0.12 })
    expect([over.words(), over.problem()]).toEqual(["Done.", null])
  })

  it("is a problem where claude says so", () => {
    const report = read([
      { type: "result", is_error: true, result: "Not logged in · Please run /login", total_cost_usd: 0 },
    ])
    expect(report.problem()).toBe("Not logged in · Please run /login")
    expect(read([{ type: "result", subtype: "error_max_budget", is_error: true, total_cost_usd: 1 }]).problem()).toBe(
      "it ended with an error",
    )
  })

  it("is read from codex's events", () => {
    const report = read([
      { type: "thread.started", thread_id: "0199" },
      { type: "turn.started" },
      { type: "item.started", item: { id: "1", type: "command_execution", command: "ls", status: "in_progress" } },
      { type: "item.completed", item: { id: "1", type: "command_execution", command: "ls", exit_code: 0 } },
      { type: "item.completed", item: { id: "2", type: "agent_message", text: "Doubled it." } },
      { type: "turn.completed", usage: { input_tokens: 24763, cached_input_tokens: 24448, output_tokens: 122 } },
      { type: "turn.completed", usage: { input_tokens: 10, cached_input_tokens: 0, output_tokens: 2 } },
    ])
    expect(report.usage()).toEqual({ inputTokens: 24773, outputTokens: 124, costUsd: null })
    expect(report.words()).toBe("Doubled it.")
    expect(read([{ type: "turn.failed", error: { message: "stream disconnected" } }]).problem()).toBe(
      "stream disconnected",
    )
  })

  it("is read from opencode's events", () => {
    const step = { cost: 0.01, tokens: { input: 10, output: 5, reasoning: 2, cache: { read: 100, write: 1 } } }
    const report = read([
      { type: "step_start", part: { id: "1" } },
      { type: "tool_use", part: { tool: "edit", state: { status: "completed" } } },
      { type: "step_finish", part: { type: "step-finish", reason: "tool-calls", ...step } },
      { type: "text", part: { type: "text", text: "Done." } },
      { type: "step_finish", part: { type: "step-finish", reason: "stop", ...step } },
    ])
    expect(report.usage()).toEqual({ inputTokens: 222, outputTokens: 14, costUsd: 0.02 })
    expect([report.words(), report.shown]).toEqual(["Done.", ["uses edit", "Done."]])
    const failed = { type: "error", error: { name: "APIError", data: { message: "Cannot connect to API" } } }
    expect(read([failed]).problem()).toBe("Cannot connect to API")
  })

  it("is read from gemini's events", () => {
    const report = read([
      { type: "init", session_id: "1", model: "gemini-3-pro" },
      { type: "message", role: "user", content: "the prompt" },
      { type: "message", role: "assistant", content: "Chang", delta: true },
      { type: "message", role: "assistant", content: "ed it.", delta: true },
      { type: "tool_use", tool_name: "write_file", tool_id: "1", parameters: {} },
      { type: "message", role: "assistant", content: "Done.", delta: true },
      {
        type: "result",
        status: "success",
        stats: { total_tokens: 30, input_tokens: 20, output_tokens: 10, cached: 5 },
      },
    ])
    expect(report.usage()).toEqual({ inputTokens: 20, outputTokens: 10, costUsd: null })
    expect([report.words(), report.model()]).toEqual(["Done.", "gemini-3-pro"])
  })

  it("is read from aider's lines", () => {
    const report = read([
      "Tokens: 4.2k sent, 1.1k cache write, 150 received. Cost: $0.02 message, $0.02 session.",
      "Applied edit to candidate/main.js",
      "Tokens: 1.5M sent, 2k received. Cost: $0.03 message, $0.05 session.",
    ])
    expect(report.usage()).toEqual({ inputTokens: 1_504_200, outputTokens: 2150, costUsd: 0.05 })
    expect(read(["Tokens: 10 sent, 5 received."]).usage()).toEqual({ inputTokens: 10, outputTokens: 5, costUsd: null })
  })

  it("may be plain text, or lines of the keeper's own program", () => {
    const report = read(["Thinking", "", "Title", "  why", '{"usage":{"input_tokens":1,"output_tokens":2}}'])
    expect(report.words()).toBe("Thinking\nTitle\n  why")
    expect(report.usage()).toEqual({ inputTokens: 1, outputTokens: 2, costUsd: null })
  })

  it("never makes figures that cannot be, nor grows", () => {
    const figure = fc.oneof(fc.double(), fc.integer(), fc.constant("many"), fc.constant(null))
    const event = fc.record({
      type: fc.constantFrom("result", "assistant", "turn.completed", "step_finish", "message", undefined),
      usage: fc.record({ input_tokens: figure, output_tokens: figure }),
      total_cost_usd: figure,
      part: fc.record({ cost: figure, tokens: fc.record({ input: figure, output: figure }) }),
      content: fc.string({ maxLength: 20_000 }),
      role: fc.constant("assistant"),
      delta: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(fc.oneof(event, fc.string(), fc.json())), (lines) => {
        const report = read(lines)
        const { inputTokens, outputTokens, costUsd } = report.usage()
        for (const amount of [inputTokens, outputTokens, costUsd ?? 0]) expect(amount).toBeGreaterThanOrEqual(0)
        expect(report.words().length).toBeLessThanOrEqual(16 * 1024)
      }),
    )
  })
})
