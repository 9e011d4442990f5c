import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { silentLogger } from "@spore/records"
import { addFile, createMemoryArtifactStore } from "@spore/records/artifacts"
import { makeEnv, makeTask, temporaryFolder, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createRunner, createTaskFolder, type EvaluationResult, packTask, type Sandbox } from "../../src/index.ts"
import { describeIsolated } from "../isolated.ts"
import { wat } from "./wat.ts"

const TEMPLATE = fileURLToPath(new URL("../../templates/wasm", import.meta.url))

async function evaluate(sandbox: Sandbox, candidate: Uint8Array): Promise<EvaluationResult> {
  await using folder = await temporaryFolder()
  const home = join(folder.path, "package")
  await createTaskFolder({ template: "wasm", folder: home, name: "sort" })
  const store = createMemoryArtifactStore()
  const { package: taskPackage, bundle, baseline } = await packTask(store, home)
  const { metric, replay, budget, classKeys } = taskPackage
  const task = makeTask(testIdentity(1), { metric, replay, budget, classKeys, bundle, baseline })
  const runner = createRunner({
    sandbox,
    artifacts: store,
    workDir: join(folder.path, "jobs"),
    env: makeEnv(),
    log: silentLogger,
  })
  const code = await addFile(store, candidate)
  return await runner.evaluate({ task: task.body, code, replicates: [{ number: 0, seed: 1 }] })
}

const baseline = await readFile(join(TEMPLATE, "candidate.wasm"))

describe("the first candidate", () => {
  it("is what its text says", async () => {
    expect(baseline.equals(wat(await readFile(join(TEMPLATE, "candidate.wat"), "utf8")))).toBe(true)
  })
})

describeIsolated("a task of WebAssembly", (sandbox) => {
  it("gives the same score, fuel and state each time", async () => {
    const one = await evaluate(sandbox(), baseline)
    const two = await evaluate(sandbox(), baseline)
    expect(one).toMatchObject({ outcome: "ok", judge: "separate", detail: "" })
    expect(one.feedback.match(/state [0-9a-f]{64}/g)).toHaveLength(5)
    const replayed = ({ scores, metrics, feedback }: EvaluationResult): unknown => ({ scores, metrics, feedback })
    expect(replayed(two)).toEqual(replayed(one))
    // frozen, as every machine must find it
    expect([one.scores, one.metrics]).toEqual([
      [591.254638671875],
      { random: 4_641_737, sorted: 1_487_086, reversed: 2_011_384, few: 1_977_152, nearly: 1_991_536 },
    ])
  })

  it.each([
    ["never ends", `(func (export "sort") (param i32) (loop (br 0)))`, "WasmTrap: the fuel ran out"],
    [
      "never returns",
      `(func $down (export "sort") (param i32) (call $down (i32.const 0)))`,
      "WasmTrap: calls nest too deep",
    ],
    ["sorts nothing", `(func (export "sort") (param i32))`, "number 0 is not in its place"],
    [
      "reads the clock",
      `(import "env" "now" (func (result f64)))`,
      `WasmRefused: the judge offers no ["env","now"] (byte 18)`,
    ],
    ["exports nothing", "", "the module exports no function sort"],
  ])("tells what is wrong with a candidate that %s", async (_, code, detail) => {
    const imports = code.startsWith("(import")
    const bytes = wat(imports ? `(module ${code} (memory 2))` : `(module (memory 2) ${code})`)
    expect(await evaluate(sandbox(), bytes)).toMatchObject({ outcome: "incorrect", detail, scores: [] })
  })

  it("tells what is no module", async () => {
    expect(await evaluate(sandbox(), new TextEncoder().encode("console.log(1)"))).toMatchObject({
      outcome: "incorrect",
      detail: "WasmRefused: no WebAssembly module of version 1 (byte 0)",
    })
  })
})
