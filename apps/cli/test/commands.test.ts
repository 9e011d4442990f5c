import { chmod, readdir, readFile, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { emptyHome } from "./support/spore.ts"
import { anyNumber, jsonObject, like } from "./support/match.ts"

const findingsSchema = z.object({ findings: z.array(z.object({ check: z.string(), level: z.string() })) })
const listSchema = z.object({ items: z.array(z.object({ id: z.string(), name: z.string(), followed: z.boolean() })) })
const createdSchema = z.object({ id: z.string(), created: z.boolean(), supersedes: z.string().nullable() })
const infoSchema = z.looseObject({ node: z.string(), files: z.looseObject({ config: z.string() }) })

const PARABOLA = fileURLToPath(new URL("./fixtures/parabola", import.meta.url))
const OPENEVOLVE = fileURLToPath(new URL("../../../packages/runner/test/fixtures/openevolve", import.meta.url))

describe("a new home", () => {
  test("init makes folder, key and config once, and init again keeps them", async () => {
    await using home = await emptyHome()
    const first = await home.spore("init", "--json")
    expect(first).toMatchObject({ code: 0, stderr: "" })
    const made = jsonObject(first.stdout)
    expect(made).toMatchObject({ data_dir: home.dataDir, created: { key: true, config: true } })
    expect((await stat(home.dataDir)).mode & 0o777).toBe(0o700)
    expect((await stat(join(home.dataDir, "identity.pem"))).mode & 0o777).toBe(0o600)
    expect((await stat(join(home.dataDir, "config.toml"))).mode & 0o777).toBe(0o600)

    const again = jsonObject((await home.spore("init", "--json")).stdout)
    expect(again).toEqual({ ...made, created: { key: false, config: false } })
  })

  test("version and help need no folder and make none", async () => {
    await using home = await emptyHome()
    const { stdout } = await home.spore("--version")
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(JSON.parse((await home.spore("version", "--json")).stdout)).toEqual({
      version: stdout.trim(),
      node: process.versions.node,
    })
    expect(await home.spore("help")).toMatchObject({ code: 0, stdout: like("Usage: spore") })
    expect(await home.spore("run", "--help")).toMatchObject({
      code: 0,
      stdout: like("--verify-only"),
    })
    await expect(stat(home.dataDir)).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("commands that need a node say how to get one", async () => {
    await using home = await emptyHome()
    for (const command of [["status"], ["show", "abcd"]]) {
      const { code, stdout, stderr } = await home.spore(...command)
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" })
      expect(stderr).toMatch(/^error: there is no node in .*\nnext: spore init/)
    }
    await expect(stat(home.dataDir)).rejects.toMatchObject({ code: "ENOENT" })
  })

  test("a wrong command line ends with 2, once told and with a way out", async () => {
    await using home = await emptyHome()
    for (const line of ["nonsense", "run --no-train --verify-only", "run --solo --peer a:1"]) {
      const { code, stdout, stderr } = await home.spore(...line.split(" "))
      expect({ line, code, stdout }).toEqual({ line, code: 2, stdout: "" })
      expect(stderr).toMatch(/^error: .*\nnext: .*\n$/)
    }
    const { code, stderr } = await home.spore("nonsense", "--json")
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "bad_usage", next: like("") } })
  })

  test("an old Node.js is told so before anything else is loaded", async () => {
    await using home = await emptyHome()
    const pretend = 'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.19.0" } })'
    home.env["NODE_OPTIONS"] = `--import=data:text/javascript,${encodeURIComponent(pretend)}`
    const { code, stderr } = await home.spore("status")
    expect(code).toBe(1)
    expect(stderr).toMatch(/^error: spore needs Node.js 22.16.0 or newer; this is 20.19.0\nnext: /)
  })
})

describe("doctor", () => {
  test("finds a new node well", async () => {
    await using home = await emptyHome()
    await home.init()
    const { code, stdout } = await home.spore("doctor", "--json")
    const { findings } = findingsSchema.parse(JSON.parse(stdout))
    expect(findings.filter(({ level }) => level === "fail")).toEqual([])
    expect(findings.map(({ check }) => check)).toEqual(
      expect.arrayContaining(["runtime", "data folder", "key", "config", "database", "disk", "clock", "sandbox"]),
    )
    expect(code).toBe(0)
  })

  test("names each fault with what mends it, and fails", async () => {
    await using home = await emptyHome()
    await home.init()
    const key = join(home.dataDir, "identity.pem")
    await chmod(key, 0o644)
    await writeFile(join(home.dataDir, "config.toml"), "port = \n")
    await writeFile(join(home.dataDir, "spore.sqlite"), "this is not a database, and long enough to tell")
    const { code, stdout, stderr } = await home.here("doctor")
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail\tkey\t.*\tchmod 600 /m)
    expect(stdout).toMatch(/^fail\tconfig\t.*config.toml, line 1: .*\tcorrect line 1 /m)
    expect(stdout).toMatch(/^fail\tdatabase\t/m)
    expect(stderr).toMatch(/^error: 3 of \d+ checks failed: key, config, database\nnext: chmod 600 /)
  })

  test("looks at the Python that the settings name for jobs", async () => {
    await using home = await emptyHome()
    await home.init()
    home.env["SPORE_PYTHON"] = join(home.path, "no-python")
    const { code, stdout, stderr } = await home.here("doctor")
    expect(code).toBe(1)
    expect(stdout).toMatch(/^fail\tconfig\t.*no-python cannot be the Python of jobs: .*\tgive the path of a python3/m)
    expect(stdout).not.toMatch(/^ok\tconfig/m)
    expect(stderr).toMatch(/^error: 1 of \d+ checks failed: config\n/)
  })
})

describe("tasks", () => {
  test("create signs and stores a package, list and show know it, use pins it", async () => {
    await using home = await emptyHome()
    await home.init()
    const created = await home.here("task", "create", "--bundle", PARABOLA)
    expect(created).toMatchObject({ code: 0, stdout: like(/^bafyrei[a-z2-7]+\n$/) })
    const id = created.stdout.trim()

    const list = listSchema.parse(JSON.parse((await home.here("task", "list", "--json")).stdout))
    expect(list.items.map(({ name }) => name)).toEqual(expect.arrayContaining(["parabola", "char-lm"]))
    expect(list.items.find((task) => task.id === id)).toMatchObject({ name: "parabola", followed: false })

    const shown = jsonObject((await home.here("show", id.slice(7, 15), "--json")).stdout)
    expect(shown).toMatchObject({ id, name: "parabola", budget: { type: "steps", value: 10, kill_seconds: 60 } })
    expect((await home.here("task", "show", "parabola")).stdout).toMatch(/^metric\theight, minimize, from 0 to 10000$/m)

    expect(await home.here("task", "use", id.slice(0, 14))).toMatchObject({
      code: 0,
      stdout: `pinned parabola ${id}\n`,
    })
    expect((await home.here("tasks")).stdout).toMatch(/^parabola\t.*\ttrue$/m)
    expect(await home.here("task", "use", "--auto")).toMatchObject({ code: 0 })
    expect((await home.here("tasks")).stdout).not.toMatch(/\ttrue$/m)
  })

  test("the same package again is the same task; a changed one supersedes it", async () => {
    await using home = await emptyHome()
    await home.init()
    const create = async (...flags: string[]): Promise<z.infer<typeof createdSchema>> => {
      const { stdout } = await home.here("task", "create", "--bundle", PARABOLA, "--json", ...flags)
      return createdSchema.parse(JSON.parse(stdout))
    }
    const first = await create()
    expect(await create()).toEqual({ ...first, created: false })
    const changed = await create("--description", "Another bowl.", "--time-budget", "2.5")
    expect(changed).toMatchObject({ created: true, supersedes: first.id })
    expect(changed.id).not.toBe(first.id)
    const shown = jsonObject((await home.here("task", "show", "parabola", "--json")).stdout)
    expect(shown).toMatchObject({
      id: changed.id,
      description: "Another bowl.",
      budget: { type: "wall", value: 2.5, kill_seconds: 60 },
    })
  })

  test("all that flags say is in the signed task", async () => {
    await using home = await emptyHome()
    await home.init()
    const flags = [
      "--name",
      "dome",
      "--task-type",
      "search",
      "--artifact-type",
      "solution",
      "--metric",
      "top",
      "--goal",
      "maximize",
    ]
    const { code, stderr } = await home.here("task", "create", "--bundle", PARABOLA, ...flags)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(JSON.parse((await home.here("task", "show", "dome", "--json")).stdout)).toMatchObject({
      name: "dome",
      type: "search",
      artifact: "solution",
      metric: { name: "top", goal: "maximize" },
    })
  })

  test("a folder that is no package is refused and nothing is stored", async () => {
    await using home = await emptyHome()
    await home.init()
    const before = (await home.here("tasks")).stdout
    const { code, stderr } = await home.here("task", "create", "--bundle", home.path)
    expect(code).toBe(1)
    expect(stderr).toMatch(/spore\.task\.json.*\nnext: /)
    const named = await home.here("task", "create", "--bundle", PARABOLA, "--task-type", "Not A Slug")
    expect(named).toMatchObject({ code: 1, stderr: like(/type.*\nnext: correct spore\.task\.json/) })
    expect((await home.here("tasks")).stdout).toBe(before)
  })

  test("a folder of another project gets a manifest from its files, and says which", async () => {
    await using home = await emptyHome()
    await home.init()
    const { code, stdout, stderr } = await home.here("task", "create", "--bundle", OPENEVOLVE)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toMatch(/^openevolve has no spore\.task\.json; taken from its files:$/m)
    expect(stderr).toMatch(/^ {2}evaluator {3}openevolve, evaluator\.py \(--evaluator, /m)
    expect(stderr).toMatch(/^ {2}candidate {3}initial_program\.py; entry initial_program\.py, python \(--editable, /m)
    expect(JSON.parse((await home.here("task", "show", stdout.trim(), "--json")).stdout)).toMatchObject({
      name: "openevolve",
      metric: { name: "combined_score", goal: "maximize" },
      replay: { mode: "noisy" },
    })
    expect(await readdir(OPENEVOLVE)).not.toContain("spore.task.json")
    const again = jsonObject((await home.here("task", "create", "--bundle", OPENEVOLVE, "--json")).stdout)
    expect(again).toMatchObject({ id: stdout.trim(), created: false, inferred: { evaluator: { kind: "openevolve" } } })
  })

  test("flags say what a folder does not tell, or otherwise", async () => {
    await using home = await emptyHome()
    await home.init()
    const flags = ["--evaluator", "native", "--command", "python3 judge.py", "--metric", "cost", "--goal", "minimize"]
    const made = await home.here("task", "create", "--bundle", OPENEVOLVE, ...flags, "--memory", "64", "--json")
    expect(jsonObject(made.stdout)).toMatchObject({
      inferred: {
        evaluator: { kind: "native", cmd: ["sh", "-c", 'python3 judge.py "$@"', "sh"] },
        metric: { name: "cost", goal: "minimize" },
        memoryMb: 64,
      },
    })
    const bad = await home.here("task", "create", "--bundle", OPENEVOLVE, "--editable", "nothing.py")
    expect(bad).toMatchObject({
      code: 1,
      stderr: like(/lacks nothing\.py\nnext: correct spore\.task\.json, or the flags/),
    })
  })

  test("an unknown task ends with 3, a bad use of use with 2", async () => {
    await using home = await emptyHome()
    await home.init()
    expect(await home.here("task", "use", "nothing")).toMatchObject({ code: 3 })
    expect(await home.here("frontier", "--task", "nothing")).toMatchObject({ code: 3 })
    expect(await home.here("status", "--task", "nothing")).toMatchObject({ code: 3 })
    expect(await home.here("task", "use")).toMatchObject({ code: 2 })
    expect(await home.here("task", "use", "char-lm", "--auto")).toMatchObject({ code: 2 })
  })
})

describe("status and info", () => {
  test("tell of a node that does not run", async () => {
    await using home = await emptyHome()
    await home.init()
    const status = jsonObject((await home.here("status", "--json", "--digest")).stdout)
    expect(status).toMatchObject({
      running: null,
      node: null,
      seq: anyNumber(),
      digest: like(/^[0-9a-f]{64}$/),
    })
    const info = infoSchema.parse(JSON.parse((await home.here("info", "--json")).stdout))
    expect(info).toMatchObject({ node: like(/^12D3KooW/), running: null, data_dir: home.dataDir })
    expect(info).toMatchObject({ installed: "checkout", versions: like(/versions$/) })
    expect(await readFile(info.files.config, "utf8")).toContain("# port = 7470")
  })

  test("info tells of settings that cannot be used, and goes on", async () => {
    await using home = await emptyHome()
    await home.init()
    const settings = async (): Promise<unknown> => {
      const { code, stdout } = await home.here("info", "--json")
      expect(code).toBe(0)
      return z.looseObject({ settings: z.string() }).parse(JSON.parse(stdout)).settings
    }
    expect(await settings()).toBe("ok")
    home.env["SPORE_PYTHON"] = join(home.path, "no-python")
    expect(await settings()).toMatch(/^the defaults, since .*no-python cannot be the Python of jobs/)
    await writeFile(join(home.dataDir, "config.toml"), "port = \n")
    expect((await home.here("info")).stdout).toMatch(/^settings\tthe defaults, since .*config\.toml, line 1: /m)
  })

  test("a folder of versions that is another one in each directory is refused", async () => {
    await using home = await emptyHome()
    home.env["SPORE_VERSIONS"] = "some/versions"
    expect(await home.here("info")).toMatchObject({
      code: 2,
      stdout: "",
      stderr: like(/^error: SPORE_VERSIONS is some\/versions: .*\nnext: export SPORE_VERSIONS=\/.*\/some\/versions$/m),
    })
  })

  test("the data folder is the flag's, else the variable's", async () => {
    await using home = await emptyHome()
    const [flag, variable] = [join(home.path, "flag"), join(home.path, "variable")]
    home.env["SPORE_DATA_DIR"] = variable
    await home.here("init")
    await home.here("init", "--data-dir", flag)
    expect((await stat(join(variable, "identity.pem"))).isFile()).toBe(true)
    expect((await stat(join(flag, "identity.pem"))).isFile()).toBe(true)
    await expect(stat(home.dataDir)).rejects.toMatchObject({ code: "ENOENT" })
  })
})
