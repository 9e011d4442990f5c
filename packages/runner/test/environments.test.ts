import { spawn } from "node:child_process"
import { chmod, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { silentLogger } from "@spore/records"
import { makeEnv, startTcpServer, type TcpServer, temporaryFolder, until } from "@spore/testkit"
import { expect, it } from "vitest"
import {
  createEnvironments,
  createRunner,
  createUnsandboxed,
  type Environments,
  findPython,
  type PythonInterpreter,
  type Sandbox,
} from "../src/index.ts"
import { packed } from "./fixture.ts"
import { describeIsolated } from "./isolated.ts"
import { buildWheel, describeWithPython } from "./wheel.ts"

const KILLED = fileURLToPath(new URL("suite/killed-prepare.ts", import.meta.url))

interface Scene extends AsyncDisposable {
  wheels: string
  folder: string
  environments: Environments
  path: string
}

/** What pip is told, to take wheels from a folder. */
const fromFolder = (wheels: string): string[] => ["--no-index", "--find-links", wheels]

/** What pip is told, to wait for a server that does not answer. */
const fromServer = ({ port }: TcpServer): string[] => ["--index-url", `http://127.0.0.1:${port}/`]

/** Environments in a folder of their own, or once more in that of another scene. */
async function scene(sandbox: Sandbox, of?: Scene, silent?: TcpServer): Promise<Scene> {
  const temporary = await temporaryFolder()
  const wheels = of?.wheels ?? join(temporary.path, "wheels")
  await mkdir(wheels, { recursive: true })
  const folder = of?.folder ?? join(temporary.path, "environments")
  const pipArguments = silent === undefined ? fromFolder(wheels) : fromServer(silent)
  return {
    wheels,
    folder,
    path: temporary.path,
    environments: createEnvironments({ folder, sandbox, python: python(), pipArguments }),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  }
}

function python(): PythonInterpreter {
  const found = findPython()
  if (found === null) throw new TypeError("no python3 on this machine")
  return found
}

const GREETING = { "greeting/__init__.py": 'WORD = "hello"\n' }

const EVALUATE = `
import greeting, json, os, socket, sys

results = sys.argv[sys.argv.index("--results_dir") + 1]
def fails(action):
    try:
        action()
        return 0
    except OSError:
        return 1
def connect():
    socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", "9"))), 1)
place = os.path.dirname(greeting.__file__)
public = {
    "isolated": int(sys.prefix != sys.base_prefix),
    "read_only": fails(lambda: open(os.path.join(place, "x"), "w")),
    "offline": fails(connect),
    "first_on_path": int(os.popen("command -v python3").read().startswith(sys.prefix)),
}
score = 1 if greeting.WORD == "hello" else 2
json.dump({"combined_score": score, "public": public}, open(results + "/metrics.json", "w"))
json.dump({"correct": True, "error": None}, open(results + "/correct.json", "w"))
`

describeWithPython("environments", () => {
  describeIsolated("in the sandbox", (sandbox) => {
    it(
      "are prepared once, and shown read-only without network to the task that asked",
      { timeout: 240_000 },
      async () => {
        await using at = await scene(sandbox())
        const { line } = buildWheel(at.wheels, "greeting", "1.0", GREETING)
        const request = { lock: `${line}\n`, systemPackages: false }
        expect(await at.environments.find(request)).toBeNull()
        expect(await at.environments.fetch(request)).toMatchObject([{ file: "greeting-1.0-py3-none-any.whl" }])
        expect(await at.environments.find(request)).toBeNull()

        const environment = await at.environments.prepare(request)
        expect(environment).toMatchObject({
          packages: [{ name: "greeting", version: "1.0" }],
          python: python().version,
        })
        expect(environment.bytes).toBeGreaterThan(1000)
        expect(await at.environments.find({ ...request, lock: `# the same\n${line}` })).toEqual(environment)
        expect(await at.environments.find({ ...request, systemPackages: true })).toBeNull()
        expect(await at.environments.list()).toEqual([environment])

        const overrides = {
          evaluator: { kind: "native" as const, judge: "shared" as const, cmd: ["python3", "lib/evaluate.py"] },
          environment: { lock: "requirements.lock", systemPackages: false },
        }
        const files = { "lib/evaluate.py": EVALUATE, "requirements.lock": line }
        const { store, task, packed: task_ } = await packed(join(at.path, "package"), overrides, files)
        const runner = createRunner({
          sandbox: sandbox(),
          artifacts: store,
          workDir: join(at.path, "jobs"),
          env: makeEnv(),
          log: silentLogger,
          environments: at.environments,
        })
        expect(await runner.environmentOf(task)).toBe("prepared")
        expect((await runner.envFor(task)).runtime).toMatchObject({ python: python().version })
        const job = { task, code: task_.baseline, replicates: [{ number: 0, seed: 7 }] }
        expect(await runner.evaluate(job)).toMatchObject({
          outcome: "ok",
          scores: [1],
          metrics: { isolated: 1, read_only: 1, offline: 1, first_on_path: 1 },
        })

        expect(await at.environments.remove(environment.id)).toBe(true)
        expect(await runner.environmentOf(task)).toBe("missing")
        await expect(runner.evaluate(job)).rejects.toMatchObject({ code: "environment_missing" })
        expect(await readdir(at.folder)).not.toContain(environment.id)
        await at.environments.allow(environment.id)
        expect(await runner.environmentOf(task)).toBe("allowed")
        expect(await runner.evaluate(job)).toMatchObject({ outcome: "ok" })
      },
    )

    it("keep a package's own code away from this machine", { timeout: 240_000 }, async () => {
      await using at = await scene(sandbox())
      const escape = join(at.path, "escaped")
      await mkdir(escape)
      await chmod(escape, 0o777)
      const hostile = `import os; os.path.isdir("${escape}") and open("${escape}/here", "w")`
      // run by every start of the environment's Python, and in place of pip's own parts
      const { line } = buildWheel(at.wheels, "hostile", "1.0", {
        "hostile.pth": `${hostile}\n`,
        "pip/__init__.py": hostile,
        "ensurepip/__init__.py": hostile,
      })
      await at.environments.prepare({ lock: line, systemPackages: false })
      expect(await readdir(escape)).toEqual([])
    })

    it.each(["download", "installation"])(
      "are not half there when killed in the %s",
      { timeout: 240_000 },
      async (stage) => {
        await using at = await scene(sandbox())
        const { line } = buildWheel(at.wheels, "greeting", "1.0", GREETING)
        const request = { lock: line, systemPackages: false }
        const { id } = await at.environments.plan(request)
        await using silent = await startTcpServer(() => undefined)
        const from = stage === "download" ? fromServer(silent) : fromFolder(at.wheels)
        const child = spawn(process.execPath, [KILLED, at.folder, line, ...from], { stdio: "ignore" })
        const ended = new Promise((resolve) => child.once("close", resolve))
        const names = async (folder: string): Promise<string[]> => readdir(folder).catch(() => [])
        const began = async (): Promise<boolean> => {
          const drafts = (await names(at.folder)).filter((name) => name.startsWith("job-"))
          if (stage === "download") return drafts.length > 0
          return (await Promise.all(drafts.map((name) => names(join(at.folder, name))))).flat().includes("wheels")
        }
        await until(began, { timeoutMs: 60_000, what: `the ${stage} to begin` })
        child.kill("SIGKILL")
        await ended
        expect((await names(join(at.folder, "wheels"))).includes(id)).toBe(stage === "installation")
        expect(await at.environments.find(request)).toBeNull()
        expect(await at.environments.list()).toEqual([])
        await using again = await scene(sandbox(), at)
        expect(await again.environments.prepare(request)).toMatchObject({ packages: [{ name: "greeting" }] })
        expect((await names(at.folder)).filter((name) => name.startsWith("job-"))).toEqual([])
      },
    )
  })

  it("are shared by those who ask at the same time, in one process and in two", { timeout: 240_000 }, async () => {
    await using at = await scene(createUnsandboxed())
    const { line } = buildWheel(at.wheels, "greeting", "1.0", GREETING)
    const request = { lock: line, systemPackages: false }
    await using other = await scene(createUnsandboxed(), at)
    const lines: string[] = []
    const gaveUp = new AbortController()
    const results = Promise.all([
      at.environments.prepare(request, { onLine: (text) => lines.push(text) }),
      at.environments.prepare({ ...request, lock: `# other task\n${line}` }),
      other.environments.prepare(request),
    ])
    const impatient = at.environments.prepare(request, { signal: gaveUp.signal })
    gaveUp.abort()
    await expect(impatient).rejects.toMatchObject({ code: "environment_aborted" })
    const [first, second, third] = await results
    expect(second).toEqual(first)
    expect(third.folder).toBe(first.folder)
    expect(lines.filter((text) => text.startsWith("Successfully installed"))).toHaveLength(1)
    expect((await readdir(at.folder)).filter((name) => name.startsWith("job-"))).toEqual([])
  })

  /** What code of a package could do to the environment that it is unpacked into. */
  const swaps: Record<string, (venv: string, elsewhere: string) => Promise<void>> = {
    "the environment": async (venv, elsewhere) => {
      await rename(venv, `${venv}-moved`)
      await symlink(elsewhere, venv)
    },
    "its lib": async (venv, elsewhere) => {
      await rename(join(venv, "lib"), join(venv, "moved"))
      await symlink(elsewhere, join(venv, "lib"))
    },
    "its bin": async (venv, elsewhere) => {
      await rename(join(venv, "bin"), join(venv, "moved"))
      await symlink(elsewhere, join(venv, "bin"))
    },
    "its lib64": async (venv, elsewhere) => {
      await rm(join(venv, "lib64"), { recursive: true, force: true })
      await symlink(elsewhere, join(venv, "lib64"))
    },
    "its site-packages": async (venv, elsewhere) => {
      const [version = ""] = await readdir(join(venv, "lib"))
      const packages = join(venv, "lib", version, "site-packages")
      await rename(packages, join(venv, "moved"))
      await symlink(elsewhere, packages)
    },
    "its python3": async (venv) => {
      await rm(join(venv, "bin/python3"))
      await symlink("../../../../../secret", join(venv, "bin/python3"))
    },
  }

  it.each(Object.entries(swaps))(
    "are refused where %s came out as a link elsewhere",
    { timeout: 240_000 },
    async (_, swap) => {
      const plain = createUnsandboxed()
      await using at = await scene({
        ...plain,
        run: async (job, options) => {
          const result = await plain.run(job, options)
          await swap(join(job.outputs, "venv"), at.path)
          return result
        },
      })
      const prepared = at.environments.prepare({ lock: "", systemPackages: false })
      await expect(prepared).rejects.toMatchObject({ code: "environment_failed" })
      await expect(prepared).rejects.toThrow("what the installation left")
      expect(await at.environments.list()).toEqual([])
    },
  )

  it("are given up when asked to, leaving nothing", { timeout: 240_000 }, async () => {
    await using silent = await startTcpServer(() => undefined)
    await using at = await scene(createUnsandboxed(), undefined, silent)
    const { line } = buildWheel(at.wheels, "greeting", "1.0", GREETING)
    const abort = new AbortController()
    const preparing = at.environments.prepare({ lock: line, systemPackages: false }, { signal: abort.signal })
    const began = async (): Promise<boolean> => (await readdir(at.folder).catch(() => [])).length > 0
    await Promise.all([
      expect(preparing).rejects.toMatchObject({ code: "environment_aborted" }),
      until(began, { what: "the preparation to begin" }).then(() => abort.abort()),
    ])
    expect(await readdir(at.folder)).toEqual([])
  })

  it("are refused where the bytes are not those of the lock", { timeout: 240_000 }, async () => {
    await using at = await scene(createUnsandboxed())
    const { line, sha256 } = buildWheel(at.wheels, "greeting", "1.0", GREETING)
    const forged = line.replace(sha256, "0".repeat(64))
    await expect(at.environments.prepare({ lock: forged, systemPackages: false })).rejects.toMatchObject({
      code: "environment_failed",
    })
    await expect(at.environments.fetch({ lock: forged, systemPackages: false })).rejects.toThrow(
      /pip download: .*(hash|match)/i,
    )
    expect(await at.environments.list()).toEqual([])
  })

  it("are not made of packages that would have to be built", { timeout: 240_000 }, async () => {
    await using at = await scene(createUnsandboxed())
    await writeFile(join(at.wheels, "source-1.0.tar.gz"), "not even an archive")
    const lock = `source==1.0 --hash=sha256:${"0".repeat(64)}`
    await expect(at.environments.prepare({ lock, systemPackages: false })).rejects.toMatchObject({
      code: "environment_failed",
    })
    await expect(at.environments.fetch({ lock, systemPackages: false })).rejects.toThrow("No matching distribution")
  })
})
