import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { jobVariables, pipVariables } from "../src/settings/job-variables.ts"
import { like } from "./support/match.ts"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome, type Home } from "./support/spore.ts"

const PARABOLA = fileURLToPath(new URL("fixtures/parabola", import.meta.url))
const hasPython = existsSync("/usr/bin/python3")
if (!hasPython && process.env["CI"] === "true") throw new TypeError("python3 and python3-venv are missing")

/** A wheel that says WORD, by Python's own zip library; gives its line for a lock. */
async function buildWheel(folder: string): Promise<string> {
  const path = join(folder, "greeting-1.0-py3-none-any.whl")
  const files = {
    "greeting.py": 'WORD = "hello"\n',
    "greeting-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n",
    "greeting-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "greeting-1.0.dist-info/RECORD": "greeting.py,,\n",
  }
  const program =
    "import json,sys,zipfile\nw=zipfile.ZipFile(sys.argv[1],'w')\n[w.writestr(*f) for f in json.loads(sys.argv[2])]\nw.close()"
  execFileSync("/usr/bin/python3", ["-c", program, path, JSON.stringify(Object.entries(files))])
  return `greeting==1.0 --hash=sha256:${createHash("sha256")
    .update(await readFile(path))
    .digest("hex")}\n`
}

/** The parabola with a lock file, made in a data folder of its own; gives a file to import elsewhere. */
async function exportedTask(home: Home, wheels: string): Promise<{ id: string; car: string; bundle: string }> {
  const [bundle, car] = [join(home.path, "package"), join(home.path, "task.car")]
  await cp(PARABOLA, bundle, { recursive: true })
  const manifest = z.looseObject({}).parse(JSON.parse(await readFile(join(bundle, "spore.task.json"), "utf8")))
  const environment = { lock: "requirements.lock" }
  await writeFile(join(bundle, "spore.task.json"), JSON.stringify({ ...manifest, environment }))
  await writeFile(join(bundle, "requirements.lock"), await buildWheel(wheels))
  const theirs = ["--data-dir", join(home.path, "theirs")]
  await home.here("init", ...theirs)
  const { stdout } = await home.here("task", "create", "--bundle", bundle, "--json", ...theirs)
  const { id } = z.object({ id: z.string() }).parse(JSON.parse(stdout))
  await home.here("export", "--task", id, "--car", "--out", car, ...theirs)
  return { id, car, bundle }
}

describe.skipIf(!sandboxed || !hasPython)("the Python environment of another's task", { timeout: 240_000 }, () => {
  it("is shown, then downloaded, and made only after a yes", async () => {
    await using home = await emptyHome()
    const wheels = join(home.path, "wheels")
    await mkdir(wheels)
    home.env["PIP_NO_INDEX"] = "1"
    home.env["PIP_FIND_LINKS"] = wheels
    const { id, car } = await exportedTask(home, wheels)
    await home.init()
    await home.here("import", car)

    const ask = async (...flags: string[]): Promise<unknown> => {
      const { code, stdout, stderr } = await home.here("task", "environment", id, "--json", ...flags)
      expect({ code, stderr }).toMatchObject({ code: 0 })
      return JSON.parse(stdout)
    }
    const packages = [{ name: "greeting", version: "1.0" }]
    expect(await ask()).toMatchObject({ state: "missing", allowed: false, packages, wheels: null })
    const file = "greeting-1.0-py3-none-any.whl"
    expect(await ask("--prepare")).toMatchObject({ state: "missing", allowed: false, wheels: [{ file }] })
    expect(await ask("--prepare", "--yes")).toMatchObject({ state: "prepared", allowed: true, packages })

    const list = await home.here("task", "environments", "--json")
    const { items } = z.object({ items: z.array(z.object({ id: z.string() })) }).parse(JSON.parse(list.stdout))
    expect(items).toHaveLength(1)
    const removed = await home.here("task", "environments", "remove", items[0]?.id.slice(0, 12) ?? "")
    expect(removed.code).toBe(0)
    expect(await ask()).toMatchObject({ state: "missing", allowed: false })
    expect(await home.here("task", "environments", "remove", "ff")).toMatchObject({ code: 3 })
    expect(await home.here("task", "environment", id, "--yes")).toMatchObject({ code: 2 })
    const shown = await home.here("task", "show", id)
    expect(shown.stdout).toMatch(/^judge\s+native, sharing a process or sandbox with it: weaker$/m)
    expect(shown.stdout).toMatch(/^python\s+packages of requirements\.lock/m)
  })

  it("is made of the Python that the settings name, and of packages from where pip is told", async () => {
    await using home = await emptyHome()
    const [wheels, python] = [join(home.path, "wheels"), join(home.path, "python")]
    await mkdir(wheels)
    execFileSync("/usr/bin/python3", ["-m", "venv", "--without-pip", python])
    home.env["PIP_NO_INDEX"] = "1"
    home.env["PIP_FIND_LINKS"] = wheels
    home.env["SPORE_PYTHON"] = python
    const { id, car, bundle } = await exportedTask(home, wheels)
    await home.init()
    await home.here("import", car)
    expect(await home.here("task", "environment", id, "--prepare", "--yes")).toMatchObject({ code: 0 })
    const made = join(home.dataDir, "environments")
    const [environment = ""] = (await readdir(made)).filter((name) => /^[0-9a-f]{64}$/.test(name))
    const settings = await readFile(join(made, environment, "venv", "pyvenv.cfg"), "utf8")
    expect(settings).toContain(`command = ${python}/bin/python3 -m venv`)

    const elsewhere = ["--data-dir", join(home.path, "elsewhere")]
    const tested = await home.spore("task", "test", bundle, "--runs", "1", ...elsewhere)
    expect(tested).toMatchObject({ code: 0 })
    home.env["SPORE_PYTHON"] = join(home.path, "no-python")
    const { code, stderr } = await home.here("task", "environment", id)
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: like(/no-python cannot be the Python of jobs/) })
  })
})

describe("the user's environment", () => {
  it("reaches jobs and pip by named variables only", () => {
    const env = { SPORE_DISABLE_COMPILE: "1", HOME: "/h", PIP_INDEX_URL: "", PIP_TARGET: "/t", AWS_SECRET: "s" }
    expect(jobVariables(env)).toEqual({ SPORE_DISABLE_COMPILE: "1" })
    expect(pipVariables(env)).toEqual({ HOME: "/h" })
  })
})
