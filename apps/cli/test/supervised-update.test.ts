import { type ChildProcess, execFile, spawn } from "node:child_process"
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { createSporeClient } from "@spore/api/client"
import { findRunning } from "@spore/node/local"
import { createVersions, type Release, type Versions } from "@spore/operator"
import { packCli } from "@spore/packages"
import { systemClock } from "@spore/records"
import { temporaryFolder, until } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"

const FIXTURE = join(import.meta.dirname, "fixtures", "parabola")
const CLI = join(import.meta.dirname, "../dist/cli.js")
const eventSchema = z.looseObject({
  type: z.string(),
  version: z.string().optional(),
  url: z.string().optional(),
  kind: z.string().optional(),
})
type Event = z.infer<typeof eventSchema>

const storedSchema = z.object({ type: z.literal("experiment"), experiment: z.object({ id: z.string() }) })

function storedId(event: Event): string | null {
  return storedSchema.safeParse(event).data?.experiment.id ?? null
}

/** The program, which switches at a SIGUSR2 to the version that a file names, as its updater would. */
const SWITCHING = `import { readFileSync } from "node:fs"
process.on("SIGUSR2", () => {
  process.send({ type: "switch", version: readFileSync(process.env.HOME + "/switch-to", "utf8") })
  process.kill(process.pid, "SIGTERM")
})
await import("./program.js")
`
/** A version that runs and never says that it is healthy. */
const SILENT = `const send = process.send?.bind(process)
if (send !== undefined) process.send = (message, ...rest) => message.type === "healthy" || send(message, ...rest)
await import("./program.js")
`
const BROKEN = 'throw new Error("no such table: facts")\n'

/** `spore run` of an installed package. */
interface Run {
  readonly child: ChildProcess
  stderr(): string
  /** Waits for an event among those from `from` on that fits; gives it. */
  tells(fits: (event: Event) => boolean, from?: number): Promise<Event>
  events(): Event[]
}

function run(command: string, env: Record<string, string>): Run {
  const args = ["run", "--json", "--task", "parabola", "--unsandboxed", "own"]
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] })
  let [stdout, stderr] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const events = (): Event[] =>
    stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => eventSchema.parse(JSON.parse(line)))
  return {
    child,
    events,
    stderr: () => stderr,
    tells: (fits, from = 0) =>
      until(() => events().slice(from).find(fits), {
        timeoutMs: 45_000,
        what: `an event; so far ${events()
          .map(({ type }) => type)
          .join(" ")}; ${stderr}`,
      }),
  }
}

async function install(
  versions: Versions,
  folder: string,
  version: string,
  files: Record<string, string>,
): Promise<void> {
  const archive = await packCli({ version, folder, replace: files })
  const release: Release = {
    format: 1,
    version,
    released: 1,
    node: "22.16.0",
    database: 1,
    archive: "spore.tgz",
    instructions: [],
    notes: "",
  }
  await versions.install(release, archive)
}

test("a node goes on as a newer version without losing a record, and comes back from a broken one", async () => {
  await using folder = await temporaryFolder()
  const home = join(folder.path, "home")
  const prefix = join(folder.path, "prefix")
  await mkdir(home)
  const switching = { "dist/cli.js": SWITCHING, "dist/program.js": await readFile(CLI, "utf8") }
  const first = await packCli({ version: "1.0.0", folder: folder.path, replace: switching })
  const npm = ["install", "--global", "--offline", "--no-audit", "--no-fund", "--prefix", prefix, first]
  await promisify(execFile)("npm", npm, { env: { ...process.env, HOME: home } })
  const command = join(prefix, "bin", "spore")

  // A channel of its own that nobody serves: the node is kept up to date, and nothing is to be had.
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: home,
    SPORE_PEERS: "none",
    SPORE_PORT: "0",
    SPORE_WEB_PORT: "0",
    SPORE_UPDATE_URL: "http://127.0.0.1:9/",
  }
  const versions = createVersions({
    folder: join(home, ".spore", "versions"),
    program: { name: "@spore/cli", entry: "dist/cli.js" },
    builtIn: { version: "1.0.0", entry: join(prefix, "lib/node_modules/@spore/cli/dist/cli.js") },
    node: process.versions.node,
    clock: systemClock,
  })
  await install(versions, folder.path, "1.1.0", switching)
  const spore = (...args: string[]): Promise<{ stdout: string }> => promisify(execFile)(command, args, { env })
  await spore("init")
  await spore("task", "create", "--bundle", FIXTURE)

  const node = run(command, env)
  const { tells } = node
  try {
    /** Has the node switch in the middle of an experiment; gives how many events it had told before. */
    const switchTo = async (version: string, from: number): Promise<number> => {
      await tells((event) => storedId(event) !== null, from)
      await writeFile(join(home, "switch-to"), version)
      const told = node.events().length
      await tells(({ type, kind }) => type === "started" && kind === "experiment", told)
      const { pid } = await until(() => findRunning(join(home, ".spore", "running.json")))
      expect(pid).not.toBe(node.child.pid)
      process.kill(pid, "SIGUSR2")
      return node.events().length
    }

    await tells(({ type, version }) => type === "ready" && version === "1.0.0")
    const atSwitch = await switchTo("1.1.0", 0)
    await tells(({ type, version }) => type === "ready" && version === "1.1.0", atSwitch)
    await until(async () => (await versions.read()).current === "1.1.0")
    expect(node.stderr()).toBe("")
    const updated = await until(() => findRunning(join(home, ".spore", "running.json")))
    expect(await readdir(join(home, ".spore", "versions", "in-use"))).toEqual([`1.1.0.${updated.pid}`])

    await install(versions, folder.path, "1.2.0", { "dist/cli.js": BROKEN })
    const atSecond = await switchTo("1.2.0", atSwitch)
    const ready = await tells(({ type, version }) => type === "ready" && version === "1.1.0", atSecond)
    const { current, trial, refused } = await versions.read()
    expect({ current, trial, refused: Object.keys(refused) }).toEqual({
      current: "1.1.0",
      trial: null,
      refused: ["1.2.0"],
    })
    expect(node.stderr()).toContain(
      "version 1.2.0 does not work here and was undone: it ended with exit code 1: Error: no such table: facts",
    )

    // It goes on with its research, and knows every experiment that any of the versions told of.
    await tells((event) => storedId(event) !== null, atSecond)
    const client = createSporeClient(String(ready.url))
    const ids = node.events().flatMap((event) => storedId(event) ?? [])
    expect(ids.length).toBeGreaterThanOrEqual(3)
    for (const id of new Set(ids)) expect(await client.experiment(id)).toMatchObject({ id })
    expect((await spore("--version")).stdout.trim()).toBe("1.1.0")

    // A stop in the middle of a trial ends supervisor and node, and is no verdict on the version.
    await install(versions, folder.path, "1.3.0", { ...switching, "dist/cli.js": SILENT })
    const atThird = await switchTo("1.3.0", atSecond)
    await tells(({ type, version }) => type === "ready" && version === "1.3.0", atThird)
    const { service } = z.object({ service: z.null() }).parse(JSON.parse((await spore("status", "--json")).stdout))
    expect(service).toBeNull()
    const claimed: unknown = JSON.parse(await readFile(join(home, ".spore", "service.json"), "utf8"))
    expect(claimed).toMatchObject({
      pid: node.child.pid,
      service: false,
      args: ["run", "--task=parabola", "--unsandboxed=own"],
    })
    const ended = new Promise((resolve) => {
      node.child.once("exit", resolve)
    })
    expect((await spore("stop")).stdout).toBe("stopped\n")
    expect(await ended).toBe(0)
    const after = await versions.read()
    expect(Object.keys(after.refused)).toEqual(["1.2.0"])
    expect(after).toMatchObject({ current: "1.1.0", trial: { version: "1.3.0" } })
    expect(node.stderr()).not.toContain("1.3.0")
  } finally {
    node.child.kill("SIGKILL")
  }
}, 120_000)
