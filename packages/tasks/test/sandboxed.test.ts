import { expect, test } from "vitest"
import { charLm } from "./char-lm.ts"
import { bundledPackage, createBench, evaluateApart, type Package, textOf } from "./bench.ts"
import { describeIsolated } from "./isolated.ts"

/** circle-packing with another candidate, which may take 3 seconds. */
async function circlePacking(candidate: string): Promise<Package> {
  const manifest = textOf(await bundledPackage("circle-packing"), "spore.task.json")
  const short = manifest.replace('"value": 25', '"value": 3')
  expect(short).not.toBe(manifest)
  return bundledPackage("circle-packing", {
    "spore.task.json": short,
    "pack.mjs": candidate,
  })
}

const GRID = JSON.stringify(
  Array.from({ length: 26 }, (_, i) => [((i % 6) + 0.5) / 6, (Math.floor(i / 6) + 0.5) / 6, 1 / 12]),
)

describeIsolated("circle-packing in a sandbox", (sandbox) => {
  test("the baseline leaves its circles, and these are scored anywhere without running it", async () => {
    await using bench = await createBench(sandbox(), await bundledPackage("circle-packing"))
    const made = await bench.evaluate()
    expect(made).toMatchObject({ outcome: "ok", judge: "separate" })
    expect(made.scores[0]).toBeCloseTo(2.2684, 4)
    const object = await bench.objectOf(made)
    expect([...object.keys()]).toEqual(["0/circles.json"])
    expect((await bench.rescore(object)).scores).toEqual(made.scores)

    const forged = new Map([["0/circles.json", new TextEncoder().encode(GRID.replace("0.0833", "0.0834"))]])
    expect(await bench.rescore(forged)).toMatchObject({ outcome: "incorrect", scores: [] })
  })

  test.each([
    ["runs for ever", "for (;;);"],
    ["fills the memory", "const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1))"],
    ["prints 27 circles", `console.log('${GRID.replace("[[", "[[0.999,0.999,0.001],[")}')`],
    [
      "starts a daemon that would print more",
      `console.log(7); (await import("node:child_process")).spawn("sleep", ["9"])`,
    ],
  ])("a candidate that %s has no score", async (_, candidate) => {
    const { outcome, scores } = await evaluateApart(sandbox(), await circlePacking(candidate))
    expect(outcome).not.toMatch(/ok|infra/)
    expect(scores).toEqual([])
  })

  test("a candidate sees neither judge nor results, and what it writes counts for nothing", async () => {
    const candidate = `
      import { readdirSync, writeFileSync } from "node:fs"
      const claims = { "metrics.json": '{"combined_score": 9}', "correct.json": '{"correct": true}', "circles.json": "[]" }
      const folders = [".", "..", process.env.SPORE_OUTPUT_DIR, "/work/out", "/work/candidates", "/tmp"]
      for (const folder of folders) {
        for (const [name, text] of Object.entries(claims)) {
          for (const place of [folder, folder + "/artifacts"]) try { writeFileSync(place + "/" + name, text) } catch {}
        }
      }
      console.error("sees: " + readdirSync(".").join(", ") + ".")
      console.log('${GRID}')`
    const result = await evaluateApart(sandbox(), await bundledPackage("circle-packing", { "pack.mjs": candidate }))
    expect(result).toMatchObject({ outcome: "ok" })
    expect(result.scores[0]).toBeCloseTo(26 / 12, 9)
    expect(/^sees: (.*)$/m.exec(result.log)?.[1]).toBe("pack.mjs.")
  })
})

describeIsolated("fft in a sandbox", (sandbox) => {
  test("the baseline is timed in each replicate", async () => {
    const result = await evaluateApart(sandbox(), await bundledPackage("fft"))
    expect(result).toMatchObject({ outcome: "ok", judge: "separate" })
    expect(result.metrics["worst_error"]).toBeLessThan(1e-14)
    expect(result.scores).toHaveLength(3)
    for (const score of result.scores) expect(score).toBeGreaterThan(1)
  })

  test.each([
    ["runs for ever", "export function createTransform() { for (;;); }"],
    ["does nothing", "export function createTransform() { return () => {} }"],
  ])("a candidate that %s has no score", async (_, candidate) => {
    const manifest = textOf(await bundledPackage("fft"), "spore.task.json").replace('"value": 60', '"value": 2')
    const files = await bundledPackage("fft", { "spore.task.json": manifest, "fft.mjs": candidate })
    expect(await evaluateApart(sandbox(), files)).toMatchObject({ outcome: "incorrect", scores: [] })
  })
})

describeIsolated("char-lm in a sandbox", (sandbox) => {
  test("the baseline gives the same bits in every run", async () => {
    await using bench = await createBench(sandbox(), await charLm({ steps: 40, heldOut: 3200 }))
    const first = await bench.evaluate()
    expect(first).toMatchObject({ outcome: "ok", judge: "separate", steps: 40, metrics: { num_params: 14_347 } })
    expect((await bench.evaluate()).scores).toEqual(first.scores)
  })
})
