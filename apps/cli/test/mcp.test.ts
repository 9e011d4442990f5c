import { spawn } from "node:child_process"
import { once } from "node:events"
import { text as textOf } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js"
import { buildHostile, createFakeNode, HOSTILE_TEXTS } from "@spore/fixture"
import { testIdentity } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { FOREIGN } from "../src/mcp/results.ts"
import { fixtureFolder, storeIn } from "./support/fixture-folder.ts"
import { like } from "./support/match.ts"
import { runNode } from "./support/node.ts"
import { ABSENT, sandboxed } from "./support/sandboxed.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { FEEDBACK, triedTask } from "./support/tried-task.ts"

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url))
/** What a terminal would act on, hide or reorder by. */
const ACTIVE = /[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/u
/** The largest result, as characters of JSON. */
const MOST = 128 * 1024

const answerSchema = z.looseObject({
  isError: z.boolean().optional(),
  content: z.tuple([z.object({ type: z.literal("text"), text: z.string() })]),
  structuredContent: z.record(z.string(), z.unknown()),
})

/** An agent that talks with a real `spore mcp`. */
interface Agent extends AsyncDisposable {
  readonly client: Client
  /** What was on stdout and was not the protocol. */
  readonly noise: Error[]
  /** What a tool answers; its text says the same. */
  call(name: string, args?: Record<string, unknown>): Promise<Record<string, unknown>>
  /** The error that a tool answers. */
  refused(name: string, args?: Record<string, unknown>): Promise<unknown>
}

async function agentOn(dataDir: string): Promise<Agent> {
  const client = new Client({ name: "test", version: "1" })
  const noise: Error[] = []
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
  client.onerror = (error) => noise.push(error)
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, "mcp", "--data-dir", dataDir],
      stderr: "ignore",
    }),
  )
  const ask = async (name: string, args: Record<string, unknown> = {}): Promise<z.output<typeof answerSchema>> => {
    const answer = answerSchema.parse(await client.callTool({ name, arguments: args }))
    const [{ text }] = answer.content
    expect(JSON.parse(text)).toEqual(answer.structuredContent)
    expect(text).not.toMatch(ACTIVE)
    expect(text.length).toBeLessThanOrEqual(MOST)
    return answer
  }
  return {
    client,
    noise,
    call: async (name, args) => {
      const { isError, structuredContent } = await ask(name, args)
      expect({ isError, structuredContent }).toMatchObject({ isError: undefined })
      return structuredContent
    },
    refused: async (name, args) => {
      const { isError, structuredContent } = await ask(name, args)
      expect(isError).toBe(true)
      return structuredContent["error"]
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

const pageSchema = z.looseObject({
  items: z.array(z.looseObject({ id: z.string() })),
  next_cursor: z.string().nullable(),
})
const firstId = (result: Record<string, unknown>): string => pageSchema.parse(result).items[0]?.id ?? ""

let home: Home

beforeAll(async () => {
  home = await emptyHome()
})
afterAll(() => home[Symbol.asyncDispose]())

describe("spore mcp without a node", { timeout: 120_000 }, () => {
  test("gives all that the explorer shows, in pages, with strangers' words marked as data", async () => {
    const node = await fixtureFolder(home.dataDir, { experiments: 60, verdicts: true, profiles: true })
    await using agent = await agentOn(home.dataDir)
    const { tools } = await agent.client.listTools()
    for (const { name, description, inputSchema } of tools) {
      expect({ name, description, type: inputSchema.type }).toMatchObject({ description: like(/\.$/), type: "object" })
    }
    const first = pageSchema.parse(await agent.call("list_experiments", { limit: 3 }))
    expect(first.items).toHaveLength(3)
    const second = pageSchema.parse(await agent.call("list_experiments", { limit: 3, cursor: first.next_cursor }))
    expect(second.items.map(({ id }) => id)).not.toContain(first.items[0]?.id)
    const task = firstId(await agent.call("list_tasks", { limit: 50 }))
    const leaves = pageSchema.parse(await agent.call("read_leaves", { task, limit: 50 }))
    expect(leaves.items.length).toBeGreaterThan(0)
    for (const { id } of leaves.items.slice(0, 5)) {
      expect(await agent.call("read_children", { experiment: id })).toMatchObject({ items: [] })
    }
    const best = firstId(await agent.call("list_experiments", { task, sort: "best", limit: 1 }))
    const known = await node.store.experiment(best)
    expect(await agent.call("read_experiment", { experiment: best.slice(7, 17) })).toMatchObject({
      note: FOREIGN,
      id: best,
      verdict: known?.verdict,
      explanation: known?.explanation,
      comparison: { experiment: best },
    })
    const author = known?.author ?? ""
    const reads: [string, Record<string, unknown>][] = [
      ["status", {}],
      ["read_output", {}],
      ["list_peers", {}],
      ["list_nodes", { task }],
      ["read_node", { node: author }],
      ["read_task", { task }],
      ["read_frontier", { task }],
      ["read_improvements", { task }],
      ["read_progress", { task }],
      ["read_recent", { task, kind: "experiment" }],
      ["read_lineage", { experiment: best }],
      ["read_reruns", { experiment: best }],
      ["read_reruns", { task, node: author }],
      ["read_disputes", {}],
      ["read_proof", { experiment: best }],
      ["read_code", { experiment: best }],
      ["read_diff", { experiment: best }],
      ["read_log", { experiment: best }],
      ["search", { query: known?.title.split(" ")[0] ?? "" }],
      ["list_trials", {}],
    ]
    for (const [name, args] of reads)
      expect({ name, ...(await agent.call(name, args)) }).toMatchObject({ note: FOREIGN })
    const read = [...reads.map(([name]) => name), "list_experiments", "list_tasks", "read_leaves", "read_children"]
    const others = ["read_experiment", "read_task_files", "read_trial", "run_experiment", "publish", "verify"]
    expect(new Set([...read, ...others])).toEqual(new Set(tools.map(({ name }) => name)))
    expect(await agent.call("status")).toMatchObject({ running: false, next: like("spore run"), mode: "explorer" })

    const { resources } = await agent.client.listResources()
    expect(resources.map(({ uri }) => uri)).toEqual(["spore://skill"])
    expect(agent.noise).toEqual([])
  })

  test("says how to start a node where one is needed, and what is wrong with a question", async () => {
    await using agent = await agentOn(home.dataDir)
    const experiment = firstId(await agent.call("list_experiments"))
    const change = { parent: experiment, title: "t", files: [{ content: "x" }] }
    const acts: [string, object][] = [
      ["run_experiment", change],
      ["publish", { trial: "abcd" }],
      ["verify", { experiment }],
    ]
    for (const [name, args] of acts) {
      expect(await agent.refused(name, { ...args })).toMatchObject({
        code: "node_not_running",
        next: like("spore run"),
      })
    }
    expect(await agent.refused("read_experiment", { experiment: "zzzzzzzz" })).toMatchObject({ code: "not_found" })
    expect(await agent.refused("read_task", { task: "no such task" })).toMatchObject({
      code: "not_found",
      next: "list_tasks",
    })
    expect(await agent.refused("read_trial", { trial: "abcd" })).toMatchObject({ code: "no_trial" })
    expect(await agent.refused("list_experiments", { cursor: "nonsense" })).toMatchObject({ code: "bad_cursor" })
    expect(await agent.client.callTool({ name: "list_tasks", arguments: { limit: 500 } })).toMatchObject({
      isError: true,
    })
    expect(await agent.client.callTool({ name: "list_tasks", arguments: { odd: 1 } })).toMatchObject({ isError: true })
    await using none = await agentOn(`${home.path}/nothing`)
    expect(await none.refused("list_tasks")).toMatchObject({ code: "not_initialised", next: like("spore init") })
  })

  test("refuses more files than a message takes, and ends at a message that is too long", async () => {
    await using agent = await agentOn(`${home.path}/nothing`)
    const files = [2, 3].map((mib) => ({ path: `${mib}`, content: "x".repeat(mib * 1024 * 1024) }))
    const change = { parent: "abcdefgh", title: "t" }
    const refused = await agent.client.callTool({ name: "run_experiment", arguments: { ...change, files } })
    expect(refused).toMatchObject({ isError: true, content: [{ text: like("4 MiB") }] })

    const child = spawn(process.execPath, [MAIN, "mcp", "--data-dir", `${home.path}/nothing`], { stdio: "pipe" })
    // It stops reading, and stdin stays open: only its own end ends it.
    child.stdin.on("error", () => undefined)
    child.stdin.write("x".repeat(11 * 1024 * 1024))
    const [stderr] = await Promise.all([textOf(child.stderr), once(child, "close")])
    expect({ stderr, code: child.exitCode }).toEqual({
      stderr: like(/^error: the agent sent a message of more than 10 MiB\nnext: /),
      code: 2,
    })
  })

  test("passes strangers' texts on as data, bounded, whatever is in them", async () => {
    const node = await createFakeNode(testIdentity(1))
    const hostile = await buildHostile(node)
    const dataDir = `${home.path}/hostile`
    await home.spore("init", "--data-dir", dataDir)
    await storeIn(dataDir, node)
    await using agent = await agentOn(dataDir)
    const task = hostile.task.id
    let cursor: string | null = null
    const texts: string[] = []
    do {
      const asked: Record<string, unknown> = { task, limit: 10, ...(cursor === null ? {} : { cursor }) }
      const page = pageSchema.parse(await agent.call("list_experiments", asked))
      cursor = page.next_cursor
      for (const { id } of page.items) {
        texts.push(JSON.stringify(await agent.call("read_experiment", { experiment: id })))
        await agent.call("read_code", { experiment: id })
        await agent.call("read_diff", { experiment: id })
        await agent.call("read_log", { experiment: id })
      }
    } while (cursor !== null)
    expect(texts.join("\n")).toContain(JSON.stringify(HOSTILE_TEXTS["script"]).slice(1, -1))
    for (const name of ["list_tasks", "list_nodes", "read_recent", "read_frontier"]) await agent.call(name)
    expect(agent.noise).toEqual([])
  })
})

describe.skipIf(!sandboxed)(`spore mcp beside a node${ABSENT}`, { timeout: 240_000 }, () => {
  test("runs an experiment, reads its feedback, publishes it, verifies", async () => {
    const { task, baseline, flags } = await triedTask(home, "mcp")
    await using agent = await agentOn(flags[1] ?? "")
    expect(await agent.call("status")).toMatchObject({ running: false })
    await using node = await runNode(home, "mcp", "--solo", "--verify-only")
    expect(await agent.call("status")).toMatchObject({ running: true, next: null, explorer: node.url, mode: "verify" })
    expect(await agent.call("read_task_files", { task })).toMatchObject({ candidate: { editable: ["point.mjs"] } })
    expect(await agent.call("read_code", { experiment: baseline })).toMatchObject({
      file: { path: "point.mjs", text: like("export const X = 0"), next_offset: null },
    })

    const change = { parent: baseline, title: "X 3", agent: "model", hypothesis: "3 is lowest" }
    const twice = [{ search: "export", replace: "" }]
    expect(await agent.refused("run_experiment", { ...change, edits: twice })).toMatchObject({ code: "bad_candidate" })
    expect(await agent.refused("run_experiment", change)).toMatchObject({
      code: "bad_candidate",
      next: "give files or edits",
    })
    const frozen = [{ path: "evaluator.mjs", content: "" }]
    expect(await agent.refused("run_experiment", { ...change, files: frozen })).toMatchObject({
      code: "bad_candidate",
      next: like("point.mjs"),
    })

    const steps: string[] = []
    const ran = answerSchema.parse(
      await agent.client.callTool(
        { name: "run_experiment", arguments: { ...change, edits: [{ search: "X = 0", replace: "X = 3" }] } },
        undefined,
        { timeout: 60_000, onprogress: ({ message }) => steps.push(message ?? "") },
      ),
    ).structuredContent
    expect(ran).toMatchObject({ outcome: "ok", value: 26, parent_value: 35, feedback: FEEDBACK, experiment: null })
    expect(await agent.call("read_trial", { trial: ran["id"] })).toEqual(ran)
    const { experiment } = await agent.call("publish", { trial: ran["id"] })
    expect(await agent.refused("publish", { trial: ran["id"] })).toMatchObject({ code: "trial_published" })
    expect(await agent.call("read_experiment", { experiment })).toMatchObject({
      title: "X 3",
      hypothesis: "3 is lowest",
      agent: "model",
      parent: baseline,
    })
    const children = pageSchema.parse(await agent.call("read_children", { experiment: baseline }))
    expect(children.items.map(({ id }) => id)).toContain(experiment)
    const verified = await agent.call("verify", { experiment })
    expect(verified).toMatchObject({ experiment: { id: experiment }, own_result: { stance: "author" } })
    await node.stop()
    expect(await agent.call("read_experiment", { experiment })).toMatchObject({ title: "X 3" })
    expect(agent.noise).toEqual([])
  })
})
