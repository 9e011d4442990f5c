import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { openLocalStore } from "@spore/node/local"
import { describe, expect, test } from "vitest"
import { parseResults } from "../src/exchange/results-table.ts"
import { jsonObject, like } from "./support/match.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { storedSample } from "./support/stored.ts"

const PARABOLA = fileURLToPath(new URL("./fixtures/parabola", import.meta.url))
const HEADING = "commit\theight\tmemory_gb\tstatus\tdescription"

/** Makes a task of noisy replay with so many replicates, and a folder with the code of three commits. */
async function noisyTask(home: Home, replay: object = {}): Promise<{ id: string; codeDir: string }> {
  const bundle = join(home.path, "bundle")
  await cp(PARABOLA, bundle, { recursive: true })
  const path = join(bundle, "spore.task.json")
  const manifest = jsonObject(await readFile(path, "utf8"))
  const noisy = { mode: "noisy", absTol: 0, relTol: 0, replicates: 1, maxNoise: 1, seeds: [], ...replay }
  await writeFile(path, JSON.stringify({ ...manifest, name: "bowl", replay: noisy }))
  await home.init()
  const { stdout } = await home.here("task", "create", "--bundle", bundle)
  const codeDir = join(home.path, "code")
  await put(join(codeDir, "aaaa111.mjs"), await readFile(join(PARABOLA, "point.mjs"), "utf8"))
  await put(join(codeDir, "bbbb222.mjs"), "export const X = 1\nexport const Y = 0\n")
  await put(join(codeDir, "cccc333", "point.mjs"), "export const X = broken\n")
  await put(join(codeDir, "dddd444.mjs"), "export const X = 2\nexport const Y = 0\n")
  return { id: stdout.trim(), codeDir }
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}

async function tableIn(home: Home, ...rows: string[]): Promise<string> {
  const path = join(home.path, "results.tsv")
  await writeFile(path, `${[HEADING, ...rows].join("\n")}\n`)
  return path
}

const ROWS = [
  "aaaa111\t35.000000\t0.5\tkeep\tbaseline",
  "bbbb222\t30.000000\t0.6\tkeep\tmove X",
  "cccc333\t0.000000\t0.0\tcrash\tbroken",
  "dddd444\t29.500000\t0.6\tdiscard\tX too far",
]

describe("spore export --results", () => {
  test("writes the columns of autoresearch", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const path = join(home.path, "results.tsv")
    const ended = await home.here("export", "--results", path, "--task", "sample", "--data-dir", dataDir)
    expect(ended).toMatchObject({ code: 0, stdout: "", stderr: `4 rows written to ${path}\n` })
    const [heading, ...rows] = (await readFile(path, "utf8")).trimEnd().split("\n")
    expect(heading).toBe("commit\tloss\tmemory_gb\tstatus\tdescription")
    expect(rows.map((row) => row.split("\t").slice(1))).toEqual([
      ["50.000000", "0.1", "keep", "baseline"],
      ["40.000000", "0.1", "keep", "more units"],
      ["60.000000", "0.1", "discard", "fewer units"],
      ["0.000000", "0.0", "crash", "too many units"],
    ])
    expect(await home.here("export", "--results", path, "--data-dir", dataDir)).toMatchObject({ code: 2 })
    const classless = ["export", "--results", "-", "--task", "sample", "--class", "none", "--data-dir", dataDir]
    expect(await home.here(...classless)).toMatchObject({ code: 3, stderr: like(/the classes are: /) })
  })
})

describe("spore import --results", () => {
  test("makes signed experiments of one's own of the rows, once", async () => {
    await using home = await emptyHome()
    const { id, codeDir } = await noisyTask(home)
    const path = await tableIn(home, ...ROWS)
    const words = ["import", "--results", path, "--task", "bowl", "--code-dir", codeDir, "--json"]
    const first = await home.here(...words)
    expect(first).toMatchObject({ code: 0, stderr: "" })
    expect(jsonObject(first.stdout)).toEqual({ task: id, stored: 4, known: 0 })
    const store = await openLocalStore(home.dataDir)
    const { items } = await store.experiments({ task: id, sort: "oldest" })
    const info = jsonObject((await home.here("info", "--json")).stdout)
    expect(items.map(({ claim, outcome, title, depth, author }) => ({ claim, outcome, title, depth, author }))).toEqual(
      [
        { claim: 35, outcome: "ok", title: "baseline", depth: 0, author: info["node"] },
        { claim: 30, outcome: "ok", title: "move X", depth: 1, author: info["node"] },
        { claim: null, outcome: "crash", title: "broken", depth: 2, author: info["node"] },
        { claim: 29.5, outcome: "ok", title: "X too far", depth: 2, author: info["node"] },
      ],
    )
    await store.close()
    expect(jsonObject((await home.here(...words)).stdout)).toEqual({ task: id, stored: 0, known: 4 })
    const back = await home.spore("export", "--results", "-", "--task", "bowl")
    expect(back.stdout.split("\n").map((row) => row.split("\t").slice(1, 3))).toEqual([
      ["height", "memory_gb"],
      ["35.000000", "0.5"],
      ["30.000000", "0.6"],
      ["0.000000", "0.0"],
      ["29.500000", "0.6"],
      [],
    ])
  })

  test("refuses what cannot become valid records, and signs nothing of it", async () => {
    await using home = await emptyHome()
    const { id, codeDir } = await noisyTask(home)
    const [first = "", second = ""] = ROWS
    const code = ["--code-dir", codeDir]
    for (const { reason, rows, flags } of [
      { reason: /--code-dir <folder>/, rows: ROWS, flags: [] },
      { reason: /no code in .* for eeee555/, rows: [...ROWS, "eeee555\t3\t0.1\tkeep\tlost"], flags: code },
      { reason: /first row must be a run of the baseline/, rows: [second, first], flags: code },
      { reason: /outside the bounds of height, 0 to 10000/, rows: [first, "bbbb222\t-3\t0.1\tkeep\tx"], flags: code },
      { reason: /first row, the run of the baseline, is a crash/, rows: ["aaaa111\t0\t0\tcrash\tx"], flags: code },
    ]) {
      const path = await tableIn(home, ...rows)
      const { stderr, ...ended } = await home.here("import", "--results", path, "--task", "bowl", ...flags)
      expect({ ...ended, stderr }).toEqual({ code: 1, stdout: "", stderr: like(reason) })
      expect(stderr).toMatch(/^error: .*\nnext: .*\n$/)
    }
    const store = await openLocalStore(home.dataDir)
    expect((await store.experiments({ task: id })).items).toEqual([])
    await store.close()
  })

  test.each([
    [/line 1: expected the heading/, "commit,height"],
    [/it measures val_bpb, the task height/, HEADING.replace("height", "val_bpb")],
    [/it has no rows/, HEADING],
    [/line 2: x is no commit/, `${HEADING}\nx\t1\t0.1\tkeep\tx`],
    [/line 3: the value is no finite number/, `${HEADING}\n${ROWS[0]}\nbbbb222\tNaN\t0.1\tkeep\tx`],
    [/line 2: the value is no finite number/, `${HEADING}\naaaa111\t\t0.1\tkeep\tx`],
    [/line 2: memory_gb is no number/, `${HEADING}\naaaa111\t1\t-1\tkeep\tx`],
    [/line 2: the status is/, `${HEADING}\naaaa111\t1\t0.1\tgreat\tx`],
  ])("refuses a table: %s", (reason, text) => {
    expect(() => parseResults(text, "height")).toThrow(reason)
  })

  test("takes a description with tabs, lines that end in CR, and empty ones", () => {
    expect(parseResults(`${HEADING}\r\naaaa111\t1e-9\t0.1\tkeep\ta\tb\r\n\r\n`, "height")).toEqual([
      { commit: "aaaa111", value: 1e-9, memoryGb: 0.1, status: "keep", description: "a b" },
    ])
  })

  test.each([
    [{ replicates: 3 }, /asks for 3 scores an experiment/],
    [{ mode: "exact", seeds: [1] }, /replayed exactly/],
  ])("refuses a task whose records say more than a table: %j", async (replay, reason) => {
    await using home = await emptyHome()
    const { codeDir } = await noisyTask(home, replay)
    const path = await tableIn(home, ...ROWS)
    const ended = await home.here("import", "--results", path, "--task", "bowl", "--code-dir", codeDir)
    expect(ended).toMatchObject({ code: 1, stdout: "", stderr: like(reason) })
  })

  test("asks for what is missing on the command line", async () => {
    await using home = await emptyHome()
    await home.init()
    for (const line of ["import", "import x --results y", "import x --task t", "export --results x --car"]) {
      expect(await home.here(...line.split(" "))).toMatchObject({ code: 2, stderr: like(/^error: .*\nnext: /) })
    }
    const path = await tableIn(home)
    expect(await home.here("import", "--results", path)).toMatchObject({ code: 2, stderr: like(/--task/) })
  })
})
