import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { jsonObject, like } from "./support/match.ts"
import { runNode } from "./support/node.ts"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { FEEDBACK, triedTask } from "./support/tried-task.ts"

const itemsSchema = z.object({ items: z.array(z.looseObject({ id: z.string(), experiment: z.string().nullable() })) })

let home: Home
let made: Awaited<ReturnType<typeof triedTask>>

async function candidate(name: string, text: string): Promise<string> {
  const path = join(home.path, name)
  await writeFile(path, text)
  return path
}

describe.skipIf(!sandboxed)("a candidate tried by hand", { timeout: 240_000 }, () => {
  beforeAll(async () => {
    home = await emptyHome()
    made = await triedTask(home, "keeper")
  }, 120_000)

  afterAll(() => home[Symbol.asyncDispose]())

  test("without a node: the code is written, changed, run, listed, published once, and compared", async () => {
    const { baseline, flags } = made
    const out = join(home.path, "work")
    const written = await home.spore("code", baseline.slice(7, 17), "--out", out, ...flags)
    expect(written).toMatchObject({
      code: 0,
      stdout: `${out}/point.mjs\n`,
      stderr: like(/^next: edit, then spore try/m),
    })
    expect(await home.spore("code", baseline, "--out", out, ...flags)).toMatchObject({
      code: 1,
      stderr: like("exists"),
    })
    const file = join(out, "point.mjs")
    await writeFile(file, (await readFile(file, "utf8")).replace("X = 0", "X = 2.5"))
    await writeFile(join(out, "notes.txt"), "mine")

    const tried = await home.spore("try", baseline, out, "--title", "X 2.5", "--agent", "me", "--solo", ...flags)
    expect(tried).toMatchObject({ code: 0, stderr: like(FEEDBACK) })
    expect(tried.stderr).toMatch(/^not taken, only editable files are: notes\.txt/m)
    expect(tried.stdout).toMatch(/^value\t26\.2500, gain \+25\.0 % on its parent$/m)
    expect(tried.stdout).toMatch(/^parent\t35\.0000 \(/m)
    const [, trial = ""] = /^next: spore publish (\S+)$/m.exec(tried.stderr) ?? []
    const listed = itemsSchema.parse(jsonObject((await home.spore("trials", "--json", ...flags)).stdout))
    expect(listed.items).toMatchObject([
      { id: like(trial), value: 26.25, parent_value: 35, gain: 0.25, experiment: null },
    ])

    const shown = await home.spore("trials", trial, ...flags)
    expect(shown.stdout).toBe(tried.stdout)
    expect(shown.stderr).toMatch(FEEDBACK)

    const published = await home.spore("publish", trial, "--solo", ...flags)
    expect(published).toMatchObject({ code: 0, stderr: "" })
    const id = published.stdout.trim()
    expect(jsonObject((await home.spore("show", id, "--json", ...flags)).stdout)).toMatchObject({
      title: "X 2.5",
      agent: "me",
      value: 26.25,
      parent: baseline,
    })
    const again = await home.spore("publish", trial, "--solo", ...flags)
    expect(again).toMatchObject({ code: 1, stderr: like(`next: spore show ${id}`) })

    const diff = await home.spore("diff", id, ...flags)
    expect(diff.stdout).toMatch(/^modified point\.mjs$/m)
    expect(diff.stdout).toContain("-export const X = 0 // @tune -10..10\n+export const X = 2.5 // @tune -10..10\n")
    const back = await home.spore("diff", id, baseline, ...flags)
    expect(back.stdout).toContain("-export const X = 2.5 // @tune -10..10\n+export const X = 0 // @tune -10..10\n")
    expect(await home.spore("diff", baseline, ...flags)).toMatchObject({ code: 0, stdout: "" })
  })

  test("by the node that runs: published at once, refused where the code is known, a failure shown with its output", async () => {
    const { baseline, flags } = made
    await using node = await runNode(home, "keeper", "--solo", "--verify-only")
    const path = await candidate("better.mjs", "export const X = 3\nexport const Y = 1\n")
    const tried = await home.spore("try", baseline, path, "--publish", "--json", ...flags)
    expect(tried).toMatchObject({ code: 0, stderr: "" })
    const trial = z.looseObject({ experiment: z.string() }).parse(jsonObject(tried.stdout))
    expect(trial).toMatchObject({
      outcome: "ok",
      value: 37,
      parent_value: 35,
      feedback: FEEDBACK,
      log: like("loss: 37"),
    })
    expect(await node.client.experiment(trial.experiment)).toMatchObject({
      value: 37,
      title: "better.mjs changed by hand",
    })

    const known = await home.spore("try", baseline, path, ...flags)
    expect(known).toMatchObject({ code: 1, stderr: like(`next: rerun that one: spore verify ${trial.experiment}`) })

    const broken = await home.spore("try", baseline, await candidate("broken.mjs", "export const X = 'no'\n"), ...flags)
    expect(broken).toMatchObject({
      code: 0,
      stdout: like(/^outcome\tincorrect: /m),
      stderr: like("the end of its output"),
    })
  })

  test("is refused where there is nothing to run", async () => {
    const { task, baseline, flags } = made
    const fine = await candidate("fine.mjs", "export const X = 3\nexport const Y = 2\n")
    expect(await home.spore("try", "zzzzzzzz", fine, ...flags)).toMatchObject({ code: 3 })
    expect(await home.spore("try", task, fine, ...flags)).toMatchObject({ code: 2, stderr: like("is no experiment") })
    expect(await home.spore("try", baseline, join(home.path, "none"), ...flags)).toMatchObject({ code: 3 })
    expect(await home.spore("try", baseline, home.path, ...flags)).toMatchObject({ code: 1, stderr: like("point.mjs") })
    expect(await home.spore("publish", "nothing", ...flags)).toMatchObject({
      code: 3,
      stderr: like("next: spore trials"),
    })
  })
})
