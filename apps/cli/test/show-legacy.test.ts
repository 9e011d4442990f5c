import { type LegacyFields, type LegacyObject, pyObject, signLegacy } from "@spore/legacy"
import { openLocalStore } from "@spore/node/local"
import { toHex, createIdentity } from "@spore/records"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { run as runFrontier } from "../src/commands/frontier.ts"
import { run as runShow } from "../src/commands/show.ts"
import { run as runTaskList } from "../src/commands/task-list.ts"
import { run as runTaskShow } from "../src/commands/task-show.ts"
import type { CommandModule, Context } from "../src/context.ts"
import { sampleFacts } from "./support/facts.ts"
import { fakeTerminal } from "./support/terminal.ts"

const [alice, bob] = [1, 2].map((byte) => new Uint8Array(32).fill(byte))
const listSchema = z.object({ items: z.array(z.object({ id: z.string(), network: z.string() })) })
const MISSING = "cd34".repeat(16)
const run: Record<"show" | "frontier" | "list" | "task", CommandModule["run"]> = {
  show: runShow,
  frontier: runFrontier,
  list: runTaskList,
  task: runTaskShow,
}

function experiment(fields: LegacyFields): LegacyObject {
  return signLegacy(alice ?? new Uint8Array(32), "legacy_experiment", {
    parent: null,
    depth: 0n,
    code_cid: "5694d08a2e53ffcae0c3103e5ad6f6076abd960eb1f8a56577040bc1028f702b",
    diff: "",
    dataset_cid: "",
    prepare_cid: "",
    time_budget: 300n,
    val_bpb: 1.25,
    peak_vram_mb: 1024.5,
    num_steps: 100n,
    num_params: 1000n,
    status: "keep",
    description: "the beginning",
    hypothesis: "Wider is better.\u001b[31m",
    agent_model: "llama",
    gpu_model: "RTX 4090",
    cuda_version: "",
    torch_version: "",
    timestamp: 1_750_000_000n,
    ...fields,
  })
}

const root = experiment({})
const better = experiment({
  parent: root.id,
  depth: 1n,
  val_bpb: 1.125,
  description: "wider",
  timestamp: 1_750_000_060n,
})
const orphan = experiment({ parent: MISSING, depth: 7n, description: "an orphan" })
const rerun = signLegacy(bob ?? new Uint8Array(32), "legacy_verification", {
  payload: pyObject({
    event_id: `verification:${better.id}:x`,
    experiment_id: better.id,
    task_id: "0".repeat(64),
    verified_node_id: toHex(createIdentity(alice).publicKey),
    verifier_id: toHex(createIdentity(bob).publicKey),
    verifier_gpu: "RTX_4090",
    verifier_bpb: 1.13,
    is_frontier: true,
  }),
  timestamp: 1_750_000_100n,
})

/** A data folder with facts of both networks, and what commands print on it. */
async function bothNetworks() {
  const facts = await sampleFacts()
  const results = await facts.store.ingest([root, better, orphan, rerun])
  expect(results.map(({ status }) => status)).toEqual(["stored", "stored", "stored", "stored"])
  const print = async (name: keyof typeof run, args: string[], flags: { json?: boolean; options?: object } = {}) => {
    const lines: string[] = []
    const output = { ...fakeTerminal().output, isTerminal: false, print: (line: string) => void lines.push(line) }
    const { json = false, options = {} } = flags
    const context: Context = { env: {}, dataDir: facts.dataDir, json, version: "0.0.0", output }
    await run[name](context, { args, options })
    return lines
  }
  return { facts, print, [Symbol.asyncDispose]: () => facts[Symbol.asyncDispose]() }
}

describe("objects of the 0.6 network", () => {
  test("show tells what is known of an experiment, and what was signed", async () => {
    await using both = await bothNetworks()
    const lines = await both.print("show", [better.id.slice(0, 8)])
    expect(lines).toEqual(
      expect.arrayContaining([
        "experiment\twider",
        `id\t${better.id}`,
        "network\tsporemesh-0.6: kept as it was signed, not run here",
        `parent\t${root.id}`,
        "claim\t1.1250",
        "signed gpu_model\tRTX 4090",
        "signed hypothesis\tWider is better.",
      ]),
    )
    expect(lines.join("\n")).toMatch(/^rerun\t1\.1300, 0\.005 worse than the claim, by \S{8}, /m)
    const [json = ""] = await both.print("show", [better.id], { json: true })
    expect(JSON.parse(json)).toMatchObject({
      kind: "experiment",
      id: better.id,
      network: "sporemesh-0.6",
      run: null,
      env: null,
      signed_fields: { val_bpb: 1.125, description: "wider" },
      lineage: [better.id, root.id],
      verifications: [{ id: rerun.id, value: 1.13 }],
    })
  })

  test("show tells of an orphan that its parent is not here, and prints other objects by their fields", async () => {
    await using both = await bothNetworks()
    expect(await both.print("show", [orphan.id])).toContain(`parent\t${MISSING}, not here`)
    const lines = await both.print("show", [rerun.id.slice(0, 10)])
    expect(lines[0]).toBe(`legacy_verification\t${rerun.id}`)
    expect(lines.find((line) => line.startsWith("payload\t"))).toContain(better.id)
  })

  test("tasks are listed, shown and have their frontier", async () => {
    await using both = await bothNetworks()
    const [list = ""] = await both.print("list", [], { json: true })
    const { items } = listSchema.parse(JSON.parse(list))
    expect(items.map(({ network }) => network).toSorted()).toEqual(["spore", "sporemesh-0.6", "sporemesh-0.6"])
    expect((await both.print("list", [])).join("\n")).toMatch(/^legacy-.*\tsporemesh-0\.6\tfalse$/m)
    const name = `legacy-${root.id.slice(0, 8)}`
    expect(await both.print("task", [name])).toEqual(
      expect.arrayContaining([`id\t${root.id}`, "metric\tval_bpb (bits per byte), minimize, from 0 to 1000000000"]),
    )
    expect(await both.print("task", [MISSING.slice(0, 6)])).toEqual(
      expect.arrayContaining([`id\t${MISSING}`, "author\tnobody signed a manifest", "created\tunknown"]),
    )
    expect((await both.print("frontier", [], { options: { task: name } })).join("\n")).toContain("\twider\t")
  })
})

describe("what is withheld", () => {
  test("keeps its place, and show says that it says nothing", async () => {
    await using both = await bothNetworks()
    const store = await openLocalStore(both.facts.dataDir)
    await store.block("id", both.facts.better.id, "copied")
    await store.block("id", both.facts.rerun.id, "copied")
    await store.block("id", better.id, "copied")
    await store.close()
    for (const { id } of [both.facts.better, better]) {
      const lines = await both.print("show", [id])
      expect(lines[0]).toBe("experiment\twithheld: this node does not keep what it says")
      expect(lines.join("\n")).not.toMatch(/more units|wider/)
    }
    await expect(both.print("show", [both.facts.rerun.id])).rejects.toMatchObject({
      code: "not_found",
      next: "spore withhold list",
    })
    const frontier = await both.print("frontier", [], { options: { task: "sample" } })
    expect(frontier.join("\n")).not.toContain("more units")
    expect((await both.print("list", [])).join("\n")).toMatch(/^sample\t/m)
  })
})
