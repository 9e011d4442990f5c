import { execFile } from "node:child_process"
import { chmod, copyFile, mkdir, realpath, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { createBubblewrapSandbox, createUnsandboxed, findPython, inspectPython } from "../src/index.ts"
import { torchOf } from "../src/python/torch.ts"
import { describeIsolated } from "./isolated.ts"
import { runProgram } from "./suite/job.ts"
import { describeWithPython } from "./wheel.ts"

/** A virtual environment below `folder` whose base lies there too, outside the system's folders. */
async function foreignPython(folder: string): Promise<{ base: string; venv: string; library: string }> {
  const system = await realpath("/usr/bin/python3")
  const minor = /python(3\.\d+)$/.exec(system)?.[1] ?? ""
  const [base, venv] = [join(folder, "base"), join(folder, "venv")]
  await mkdir(join(base, "bin"), { recursive: true })
  await mkdir(join(base, "lib"))
  await copyFile(system, join(base, "bin", `python${minor}`))
  await symlink(`python${minor}`, join(base, "bin", "python3"))
  await symlink(`/usr/lib/python${minor}`, join(base, "lib", `python${minor}`))
  await writeFile(join(base, "secret"), "beside bin and lib")
  await promisify(execFile)(join(base, "bin", "python3"), ["-m", "venv", "--without-pip", venv])
  const packages = join(venv, "lib", `python${minor}`, "site-packages")
  await writeFile(join(packages, "found.py"), 'WORD = "found"\n')
  // For everyone to write to: only the sandbox stands before that.
  await chmod(join(packages, "found.py"), 0o666)
  return { base, venv, library: packages }
}

const LOOK = `
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
const code = "import found, os, sys; print(found.WORD, sys.prefix, sys.base_prefix, os.path.exists(sys.base_prefix + '/secret')); open(found.__file__, 'a')"
const { stdout, stderr } = spawnSync("python3", ["-c", code], { encoding: "utf8" })
writeFileSync(process.env.OUT + "/said", stdout + stderr)
`

describeWithPython("a Python of the user's own", () => {
  it("is told by its program or its folder", async () => {
    await using folder = await temporaryFolder()
    const { venv, library, base } = await foreignPython(folder.path)
    const python = inspectPython(venv)
    expect(python).toEqual(inspectPython(join(venv, "bin", "python3")))
    expect(python).toMatchObject({ program: join(venv, "bin", "python3"), version: findPython()?.version })
    expect(python.packages).toEqual([library])
    expect([...python.needs.shown.keys()]).toEqual(
      expect.arrayContaining([join(venv, "bin"), join(venv, "pyvenv.cfg"), join(base, "bin"), join(base, "lib")]),
    )
    await mkdir(join(library, "torch"))
    await writeFile(join(library, "torch", "version.py"), "__version__ = '2.4.1+cu121'\ncuda: str = '12.1'\n")
    expect(torchOf(python.packages)).toEqual({ version: "2.4.1+cu121", cuda: "12.1" })
  })

  it("may be reached by a link that lies elsewhere", async () => {
    await using folder = await temporaryFolder()
    const { base } = await foreignPython(folder.path)
    const link = join(folder.path, "link")
    await symlink(join(base, "bin", "python3"), link)
    const { program, needs } = inspectPython(link)
    expect(program).toBe(link)
    expect([...needs.links]).toEqual([[link, join(base, "bin", "python3")]])
  })

  it.each([
    ["no/absolute/path", /no absolute path/],
    ["/usr/bin/no-such-python", /no such file/],
    ["/bin/true", /does not say/],
    ["/usr", null],
  ])("%s", (path, reason) => {
    if (reason === null) expect(inspectPython(path)).toMatchObject({ program: "/usr/bin/python3" })
    else expect(() => inspectPython(path)).toThrow(reason)
  })

  it("is not what looks for one", async () => {
    await using folder = await temporaryFolder()
    const shim = join(folder.path, "python3")
    await writeFile(shim, '#!/bin/sh\nexec pyenv exec python3 "$@"\n', { mode: 0o755 })
    expect(() => inspectPython(shim)).toThrow(expect.objectContaining({ code: "python_unusable" }))
    expect(() => inspectPython(shim)).toThrow("script")
  })

  describeIsolated("in the sandbox", () => {
    it("works with its packages from a base outside the system's folders, read-only", { timeout: 60_000 }, async () => {
      await using folder = await temporaryFolder()
      const { venv, base } = await foreignPython(folder.path)
      const { outputs } = await runProgram(createBubblewrapSandbox({ python: inspectPython(venv) }), LOOK)
      expect(outputs.get("said")).toContain(`found ${venv} ${base} False\n`)
      expect(outputs.get("said")).toMatch(/Read-only file system/)
    })
  })

  it("works without a sandbox", { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder()
    const { venv, base } = await foreignPython(folder.path)
    const { outputs } = await runProgram(createUnsandboxed({ python: inspectPython(venv) }), LOOK)
    expect(outputs.get("said")).toContain(`found ${venv} ${base} True\n`)
  })
})
