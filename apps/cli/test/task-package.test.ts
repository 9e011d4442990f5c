import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome } from "./support/spore.ts"

const PARABOLA = fileURLToPath(new URL("fixtures/parabola", import.meta.url))
const reportSchema = z.object({
  passed: z.boolean(),
  judge: z.enum(["separate", "shared"]),
  problems: z.array(z.string()),
  baseline: z.array(z.object({ outcome: z.string() })),
  cheats: z.array(z.object({ name: z.string(), refused: z.boolean() })),
})

describe("spore task new", () => {
  it("writes a package that is packed and created as it is", async () => {
    await using home = await emptyHome()
    const folder = join(home.path, "tours")
    const made = await home.here("task", "new", folder, "--template", "javascript")
    expect(made).toMatchObject({ code: 0 })
    expect(made.stdout).toContain("tours/spore-evaluator.mjs\n")
    expect(made.stderr).toContain("spore task test")

    const packed = await home.here("task", "pack", folder, "--json", "--car", join(home.path, "tours.car"))
    const { name, bundle, baseline } = z
      .object({ name: z.string(), bundle: z.string(), baseline: z.string() })
      .parse(JSON.parse(packed.stdout))
    expect(name).toBe("tours")
    // The CAR's header names both roots.
    const car = await readFile(join(home.path, "tours.car"))
    expect(car.length).toBeGreaterThan(5000)

    await home.init()
    const created = await home.here("task", "create", "--bundle", folder, "--json")
    expect(created).toMatchObject({ code: 0 })
    for (const cid of [bundle, baseline]) {
      expect(await home.here("artifact", "get", cid, "--out", join(home.path, cid))).toMatchObject({ code: 0 })
    }
    expect(await readFile(join(home.path, bundle, "evaluator.mjs"))).toEqual(
      await readFile(join(folder, "evaluator.mjs")),
    )
    expect(await readFile(join(home.path, baseline))).toEqual(await readFile(join(folder, "candidate.mjs")))
  })

  it("writes into no folder that holds something", async () => {
    await using home = await emptyHome()
    await writeFile(join(home.path, "mine.txt"), "mine")
    const { code, stderr } = await home.here("task", "new", home.path, "--template", "solution")
    expect(code).toBe(1)
    expect(stderr).toMatch(/is not empty/)
  })
})

describe("spore task schema", () => {
  it("prints the schema of spore.task.json", async () => {
    await using home = await emptyHome()
    const { stdout } = await home.here("task", "schema")
    expect(JSON.parse(stdout)).toMatchObject({ type: "object", properties: { format: { const: 1 } } })
  })
})

describe.skipIf(!sandboxed)("spore task test", () => {
  it("passes a task that no cheat gets through, and makes no data folder", async () => {
    await using home = await emptyHome()
    const temporary = join(home.path, "temporary")
    await mkdir(temporary)
    home.env["TMPDIR"] = temporary
    const { code, stdout, stderr } = await home.spore("task", "test", PARABOLA, "--runs", "2", "--json")
    const report = reportSchema.parse(JSON.parse(stdout))
    expect(report.problems).toEqual([])
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(report).toMatchObject({ passed: true, judge: "shared", baseline: [{ outcome: "ok" }, { outcome: "ok" }] })
    expect(report.cheats.length).toBeGreaterThan(6)
    await expect(stat(home.dataDir)).rejects.toMatchObject({ code: "ENOENT" })
    expect((await readdir(temporary)).filter((name) => name.startsWith("spore-task-test-"))).toEqual([])
  })

  it("runs no job with settings that cannot be used", async () => {
    await using home = await emptyHome()
    home.env["SPORE_PYTHON"] = join(home.path, "no-python")
    const { code, stderr } = await home.spore("task", "test", PARABOLA, "--runs", "1")
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: .*no-python cannot be the Python of jobs/)
    delete home.env["SPORE_PYTHON"]
    home.env["SPORE_RESOURCE"] = "lots"
    expect((await home.spore("task", "test", PARABOLA)).stderr).toMatch(/^error: SPORE_RESOURCE=lots: /)
  })

  it("fails with the reason where the baseline does not run", async () => {
    await using home = await emptyHome()
    const folder = join(home.path, "tours")
    await home.here("task", "new", folder, "--template", "javascript")
    await writeFile(join(folder, "candidate.mjs"), "throw new Error('not ready')\n")
    const { code, stderr } = await home.spore("task", "test", folder, "--runs", "1")
    expect(code).toBe(1)
    expect(stderr).toMatch(/the baseline does not run: incorrect: crash: .*not ready/)
  })
})
