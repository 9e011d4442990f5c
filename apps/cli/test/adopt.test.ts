import { existsSync } from "node:fs"
import { cp, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openLocalStore } from "@spore/node/local"
import { describe, expect, test } from "vitest"
import { gitWorks, NO_GIT, put, searchedCheckout, writeResults } from "./support/checkout.ts"
import { jsonObject, like } from "./support/match.ts"
import { ABSENT, sandboxed } from "./support/sandboxed.ts"
import { emptyHome, type Home } from "./support/spore.ts"

const FIXTURES = fileURLToPath(new URL("../../../packages/runner/test/fixtures", import.meta.url))
const withoutPython = !existsSync("/usr/bin/python3") && process.env["CI"] !== "true"
const NO_PYTHON = withoutPython ? " (skipped: there is no /usr/bin/python3)" : ""

/** What a node holds of a task, oldest first. */
async function experimentsOf(home: Home, task: string): Promise<Awaited<ReturnType<typeof read>>> {
  const store = await openLocalStore(home.dataDir)
  try {
    return await read(store, task)
  } finally {
    await store.close()
  }
}

async function read(store: Awaited<ReturnType<typeof openLocalStore>>, task: string) {
  const { items } = await store.experiments({ task, sort: "oldest" })
  const titles = new Map(items.map(({ id, title }) => [id, title]))
  return items.map(({ id, claim, outcome, status, title, parent, author }) => {
    return { id, claim, outcome, status, title, author, from: parent === null ? null : (titles.get(parent) ?? "?") }
  })
}

describe.skipIf(!gitWorks || !sandboxed)(`an autoresearch checkout${NO_GIT}${ABSENT}`, { timeout: 240_000 }, () => {
  test("becomes a task with its history, once, which a node reruns and goes on from", async () => {
    await using home = await emptyHome()
    const { folder, tried } = await searchedCheckout(join(home.path, "lm"))

    const first = await home.spore("adopt", folder)
    expect(first).toMatchObject({ code: 0 })
    const id = first.stdout.trim()
    expect(first.stderr).toMatch(/^baseline val_bpb 1\.3600 here, in [\d.]+ s, in /m)
    expect(first.stderr).toMatch(
      /^ {2}history {5}8 rows of results\.tsv with code: 4 kept, 1 crashed; of 7 git knows the parent$/m,
    )
    expect(first.stderr).toMatch(/^results\.tsv is not signed: .*\nwhere you did: spore adopt \S+ --history own$/m)
    expect(first.stderr).toMatch(/^next: spore task use lm\n {6}spore run --task lm\n {6}spore graph --task lm\n$/m)
    expect(await experimentsOf(home, id)).toEqual([])
    const program = join(home.dataDir, "program.md")
    expect(await readFile(program, "utf8")).toBe(await readFile(join(folder, "program.md"), "utf8"))
    expect((await stat(program)).mode & 0o777).toBe(0o600)
    await writeFile(program, "mine")

    const own = await home.spore("adopt", folder, "--history", "own", "--json")
    expect(own).toMatchObject({ code: 0, stderr: "" })
    expect(jsonObject(own.stdout)).toMatchObject({
      id,
      created: false,
      signed: { stored: 8, known: 0, env: { sandbox: "none" }, not_compared: null },
      program: "kept",
    })
    expect(await readFile(program, "utf8")).toBe("mine")
    const titleOf = new Map(tried.map(({ commit, title }) => [commit, title]))
    const experiments = await experimentsOf(home, id)
    expect(experiments.map(({ claim, status, title, from }) => ({ value: claim, status, title, from }))).toEqual(
      tried.map(({ value, status, title, from }) => {
        return { value, status, title, from: from === null ? null : titleOf.get(from) }
      }),
    )

    const again = jsonObject((await home.spore("adopt", folder, "--history", "own", "--json")).stdout)
    expect(again).toMatchObject({ id, created: false, trial: null, signed: { stored: 0, known: 8 } })
    expect(await experimentsOf(home, id)).toHaveLength(8)

    const best = experiments.find(({ title }) => title === "lower once more")
    const rerun = await home.spore("verify", best?.id ?? "", "--solo", "--json")
    expect(rerun.stderr).toBe("")
    expect(rerun.code).toBe(0)
    expect(rerun.stdout).toContain("1.01")

    const node = home.start("run", "--solo", "--task", "lm", "--json")
    const [line = ""] = await node.says(/^\{"type":"experiment".*\}$/m)
    expect(jsonObject(line)).toMatchObject({ type: "experiment" })
    node.child.kill("SIGINT")
    expect(await node.ended).toMatchObject({ code: 0 })
    const grown = await experimentsOf(home, id)
    expect(grown.length).toBeGreaterThan(8)
    expect(grown.slice(8).every(({ from }) => from !== "?")).toBe(true)
  })

  test("is not signed with rows that this machine does not reach", async () => {
    await using home = await emptyHome()
    const { folder, tried } = await searchedCheckout(join(home.path, "lm"))
    await writeResults(folder, [`${tried[0]?.commit}\t0.997900\t44.0\tkeep\tbaseline of another machine`])
    const ended = await home.spore("adopt", folder, "--history", "own")
    expect(ended).toMatchObject({ code: 1, stdout: "" })
    expect(ended.stderr).toMatch(
      /^error: the baseline reached val_bpb 1\.360\S* here and 0\.997\S* in the table .*\nnext: .*--history none$/m,
    )
    expect((await home.spore("task", "list", "--json")).stdout).not.toContain('"lm"')
  })

  test("is refused with the reason where its baseline does not run, and nothing is signed", async () => {
    await using home = await emptyHome()
    const { folder } = await searchedCheckout(join(home.path, "lm"))
    await put(
      folder,
      "prepare.mjs",
      'import { readFileSync } from "node:fs"\nreadFileSync(`${process.env.HOME}/.cache/data`)\nexport const evaluate = () => 1\n',
    )
    await put(folder, "fetch.sh", "#!/bin/sh\ncurl https://example.org/data\n")
    const ended = await home.spore("adopt", folder)
    expect(ended).toMatchObject({ code: 1, stdout: "" })
    expect(ended.stderr).toMatch(/^may keep it from running: fetch\.sh, line 2: downloads, and a run has no network; /m)
    expect(ended.stderr).toMatch(/^error: lm does not run here: the baseline does not run: crash: .*no such file/m)
    expect((await home.spore("task", "list", "--json")).stdout).not.toContain('"lm"')

    const untried = await home.spore("adopt", folder, "--no-test", "--no-program", "--json")
    expect(untried).toMatchObject({ code: 0 })
    expect(jsonObject(untried.stdout)).toMatchObject({ created: true, trial: null, program: null })
  })
})

describe("folders of other projects", { timeout: 120_000 }, () => {
  test("a dry run prints the manifest that would be, and makes nothing", async () => {
    await using home = await emptyHome()
    const folder = join(home.path, "circles")
    await cp(join(FIXTURES, "shinka"), folder, { recursive: true })
    const dry = await home.spore("adopt", folder, "--dry-run", "--name", "three", "--time-budget", "7")
    expect(dry).toMatchObject({ code: 0, stderr: like(/^\S+circles is a Shinka example; the task three:$/m) })
    expect(jsonObject(dry.stdout)).toMatchObject({
      name: "three",
      evaluator: { kind: "shinka", file: "evaluate.py" },
      budget: { type: "wall", value: 7 },
    })
    expect(existsSync(home.dataDir)).toBe(false)
    expect(existsSync(join(folder, "spore.task.json"))).toBe(false)

    const written = await home.spore(
      "adopt",
      folder,
      "--write",
      "--no-test",
      "--name",
      "three",
      "--time-budget",
      "7",
      "--json",
    )
    expect(written).toMatchObject({ code: 0 })
    expect(await readFile(join(folder, "spore.task.json"), "utf8")).toBe(dry.stdout)
    const { id } = jsonObject(written.stdout)
    // The folder says it all now.
    const again = await home.spore("adopt", folder, "--write", "--no-test", "--json")
    expect(jsonObject(again.stdout)).toMatchObject({ id, created: false })
    const other = await home.spore("adopt", folder, "--write", "--no-test", "--memory", "64")
    expect(other).toMatchObject({ code: 1, stdout: "", stderr: like(/^error: cannot write .*spore\.task\.json/m) })
  })

  test.skipIf(!sandboxed || withoutPython)(
    `an OpenEvolve example is tried and adopted${ABSENT}${NO_PYTHON}`,
    async () => {
      await using home = await emptyHome()
      const folder = join(home.path, "valley")
      await cp(join(FIXTURES, "openevolve"), folder, { recursive: true })
      const { code, stdout, stderr } = await home.spore("adopt", folder, "--replicates", "1", "--json")
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
      expect(jsonObject(stdout)).toMatchObject({
        kind: "an OpenEvolve example",
        created: true,
        needs: [],
        history: null,
        program: "absent",
      })
    },
  )

  test("what is no folder of a known kind is refused with the flag that would say it", async () => {
    await using home = await emptyHome()
    await put(home.path, "notes/a.txt", "nothing")
    const ended = await home.spore("adopt", join(home.path, "notes"))
    expect(ended).toMatchObject({ code: 1, stdout: "" })
    expect(ended.stderr).toMatch(/^error: cannot tell how candidates are judged: .*\nnext: --evaluator /)
    expect(existsSync(home.dataDir)).toBe(false)
    expect(await home.spore("adopt", join(home.path, "nowhere"))).toMatchObject({ code: 1, stdout: "" })
  })

  test("names that a shell would act on are in no line to be copied", async () => {
    await using home = await emptyHome()
    const folder = join(home.path, "circles")
    await cp(join(FIXTURES, "shinka"), folder, { recursive: true })
    const { stdout, stderr } = await home.spore("adopt", folder, "--no-test", "--name", "$(touch x)")
    expect(stderr).toContain(`next: spore task use ${stdout.trim()}\n`)
    expect(stderr).not.toMatch(/spore .*\$\(/)
  })
})
