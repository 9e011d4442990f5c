import { createHash } from "node:crypto"
import { legacyCodeLink, openLegacy, toWire } from "@spore/legacy"
import { CID, createIdentity } from "@spore/records"
import * as fc from "fast-check"
import { describe, expect, test } from "vitest"
import { type LegacyResult, publishLegacyExperiment } from "../src/legacy-publish.ts"
import { clock, experiment, folder, type Folder, manifest, NOW } from "./legacy-made.ts"

const identity = createIdentity(new Uint8Array(32).fill(5))
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function resultOf(fields: Partial<LegacyResult> & { task: string }): LegacyResult {
  return {
    parent: null,
    code: bytes("print(2)\n"),
    valBpb: 1.2,
    description: "narrower",
    hypothesis: "h",
    agentModel: "",
    gpuModel: "RTX 4090",
    cudaVersion: "",
    torchVersion: "",
    peakVramMb: 0,
    numSteps: 0,
    numParams: 0,
    ...fields,
  }
}

/** A folder with a task, its first experiment, and the code of that. */
async function sample(goal = "minimize"): Promise<Folder & { task: string; root: string }> {
  const made = await folder()
  const task = manifest({ goal })
  const code = await made.addCode("import torch\nprint(1)\n")
  const root = experiment({ task_id: task.id, code_cid: code, timestamp: 1_760_000_000n })
  await made.store.ingest([task, root])
  return Object.assign(made, { task: task.id, root: root.id })
}

describe("publishing an experiment on a task of the 0.6 network", () => {
  test("writes a record of version 2 that 0.6 and our own reader take, with its code", async () => {
    await using made = await sample()
    const { task, root, store, artifacts } = made
    const code = bytes("import torch\nprint(2)\n")
    const object = await publishLegacyExperiment(
      { store, artifacts, identity, clock },
      resultOf({ task, parent: root, code }),
    )
    expect(openLegacy(toWire(object), "experiment")).toEqual(object)
    const digest = createHash("sha256").update(code).digest("hex")
    expect(object.body).toMatchObject({
      version: 2,
      task_id: task,
      parent: root,
      depth: 1,
      status: "keep",
      code_cid: digest,
      dataset_cid: "ds",
      time_budget: 300,
      timestamp: NOW,
    })
    expect(object.body.diff).toBe("--- train.py\n+++ train.py\n@@ -1,2 +1,2 @@\n import torch\n-print(1)\n+print(2)\n")
    // Ints and floats as 0.6 signs them.
    const text = Buffer.from(object.payload).toString()
    for (const part of ['"depth":1,', '"val_bpb":1.2,', '"peak_vram_mb":0.0,', '"num_steps":0,', '"version":2}']) {
      expect(text).toContain(part)
    }
    expect(await artifacts.has(CID.parse(legacyCodeLink(digest)))).toBe(true)
    expect(await store.experiment(object.id)).toMatchObject({ task, parent: root, depth: 1, status: "keep" })
  })

  test("calls it keep where it is strictly better than its parent, in the task's goal", async () => {
    for (const [goal, value, status] of [
      ["minimize", 1.24, "keep"],
      ["minimize", 1.25, "discard"],
      ["minimize", 1.26, "discard"],
      ["maximize", 1.26, "keep"],
      ["maximize", 1.25, "discard"],
      ["maximize", 1.24, "discard"],
      ["minimize", null, "crash"],
    ] as const) {
      await using made = await sample(goal)
      const { task, root } = made
      const object = await publishLegacyExperiment(
        { ...made, identity, clock },
        resultOf({ task, parent: root, valBpb: value }),
      )
      expect([goal, value, object.body.status]).toEqual([goal, value, status])
    }
    await using made = await sample()
    const { task, root } = made
    const said = resultOf({ task, parent: root, valBpb: 1.5, status: "keep" })
    expect((await publishLegacyExperiment({ ...made, identity, clock }, said)).body.status).toBe("keep")
  })

  test("is dated at its parent where this clock is behind, and has no diff to code that is not held", async () => {
    await using made = await folder()
    const task = manifest()
    const root = experiment({ task_id: task.id, timestamp: BigInt(NOW), code_cid: "ab".repeat(32) })
    await made.store.ingest([task, root])
    const behind = { now: () => (NOW - 5_000) * 1000 }
    const result = resultOf({ task: task.id, parent: root.id })
    const object = await publishLegacyExperiment({ ...made, identity, clock: behind }, result)
    expect([object.body.timestamp, object.body.diff]).toEqual([NOW, ""])
  })

  test("leaves out a diff that would make the record too large", async () => {
    await using made = await sample()
    const { task, root } = made
    const code = bytes(`print(2)\n${"é".repeat(400_000)}\n`)
    const object = await publishLegacyExperiment({ ...made, identity, clock }, resultOf({ task, parent: root, code }))
    expect(object.body.diff).toBe("")
  })

  test("refuses what no reader would take", async () => {
    await using made = await sample()
    const { task, root } = made
    const refusals: [Partial<LegacyResult>, string][] = [
      [{ task: "ab".repeat(32) }, "not_found"],
      [{ task: "bafyreib" }, "not_found"],
      [{ parent: "cd".repeat(32) }, "not_found"],
      [{ parent: task }, "not_found"],
      [{ valBpb: Number.NaN }, "publish_refused"],
      [{ valBpb: -1 }, "publish_refused"],
      [{ valBpb: null, status: "keep" }, "publish_refused"],
      [{ numSteps: 1.5 }, "publish_refused"],
      [{ peakVramMb: Number.POSITIVE_INFINITY }, "publish_refused"],
      [{ description: "x".repeat(70_000) }, "publish_refused"],
      [{ description: "\ud800" }, "publish_refused"],
      [{ code: new Uint8Array(1024 * 1024 + 1) }, "publish_refused"],
    ]
    for (const [fields, code] of refusals) {
      const publishing = publishLegacyExperiment(
        { ...made, identity, clock },
        resultOf({ task, parent: root, ...fields }),
      )
      await expect(publishing).rejects.toMatchObject({ code })
    }
    expect(await made.ids()).toHaveLength(2)
  })

  test("whatever is published is opened from the wire as the same object", async () => {
    await using made = await sample()
    const { task, root } = made
    const text = fc.string({ unit: "binary", maxLength: 40 }).filter((one) => one.isWellFormed())
    const count = fc.nat({ max: Number.MAX_SAFE_INTEGER })
    const result = fc.record({
      valBpb: fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.integer({ min: 0, max: 1e9 }), fc.constant(-0)),
      peakVramMb: fc.double({ noNaN: true, noDefaultInfinity: true }),
      description: text,
      hypothesis: text,
      agentModel: text,
      gpuModel: text,
      cudaVersion: text,
      torchVersion: text,
      numSteps: count,
      numParams: count,
      timeBudget: count,
      parent: fc.constantFrom(root, null),
      code: fc.uint8Array({ maxLength: 200 }),
    })
    await fc.assert(
      fc.asyncProperty(result, async (fields) => {
        const object = await publishLegacyExperiment({ ...made, identity, clock }, resultOf({ task, ...fields }))
        const opened = openLegacy(toWire(object), "experiment")
        expect(opened).toEqual(object)
        expect(opened.id).toBe(createHash("sha256").update(object.payload).digest("hex"))
        expect(Buffer.from(object.payload).toString()).toMatch(/"val_bpb":\d+(?:\.\d+|\.?\d*e[-+]\d{2,})/)
      }),
      { numRuns: 40 },
    )
  })
})
