import { type ChildProcess, spawn } from "node:child_process"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { systemClock } from "@spore/records"
import { temporaryFolder, until } from "@spore/testkit"
import { create } from "tar"
import { z } from "zod"
import { createVersions, type Release, type VersionState, versionStateSchema } from "../../src/index.ts"

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url))
/** Runs until it is told to end, or its supervisor is gone. `said` holds which versions were healthy, in order. */
export const HEALTHY = `
import { appendFileSync } from "node:fs"
process.on("message", () => process.exit(0))
process.on("disconnect", () => process.exit(0))
appendFileSync(process.argv[2] + "/said", VERSION + "\\n")
process.send({ type: "healthy" })
`

/** Switches to 2.0.0 until that is refused. */
export const SWITCHING = `
import { readFileSync } from "node:fs"
const { refused } = JSON.parse(readFileSync(process.argv[2] + "/versions/state.json", "utf8"))
if ("2.0.0" in refused) await import("./stays.mjs")
else {
  process.send({ type: "healthy" })
  process.send({ type: "switch", version: "2.0.0" }, () => process.exit(0))
}
`

/** A folder in which 1.0.0 was installed by hand and 2.0.0 by an update. */
export interface Scripted extends AsyncDisposable {
  readonly path: string
  supervise(options?: SuperviseOptions): Supervised
  state(): Promise<VersionState>
  /** Versions that were healthy. */
  said(): Promise<string[]>
}

export interface SuperviseOptions {
  /** The step before which it kills itself; 0: never. */
  killAt?: number
  restarts?: boolean
  /** Milliseconds that a program may say nothing before it is healthy. */
  silence?: number
  /** Milliseconds that a program has to stop. */
  stop?: number
}

/** A supervisor in a process of its own. */
export interface Supervised {
  readonly child: ChildProcess
  events(): Event[]
  /** Waits for an event of that kind, of that version where one is given. */
  tells(type: string, version?: string): Promise<Event>
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
}

const eventSchema = z.object({
  type: z.string(),
  version: z.string(),
  pid: z.number().optional(),
  reason: z.string().optional(),
})
export type Event = z.infer<typeof eventSchema>

/** @param second the program of 2.0.0 */
export async function scripted(second: string, first: string = SWITCHING): Promise<Scripted> {
  const temporary = await temporaryFolder()
  const { path } = temporary
  await writeFile(join(path, "built-in.mjs"), first)
  await writeFile(join(path, "stays.mjs"), versioned(HEALTHY, "1.0.0"))
  await install(path, "2.0.0", versioned(second, "2.0.0"))
  const children = new Set<ChildProcess>()
  return {
    path,
    supervise: ({ killAt = 0, restarts = false, silence = 60_000, stop = 30_000 } = {}) => {
      const args = [path, String(killAt), restarts ? "restarts" : "", String(silence), String(stop)]
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "inherit"] })
      children.add(child)
      let text = ""
      child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part))
      const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
        child.once("exit", (code, signal) => {
          children.delete(child)
          resolve({ code, signal })
        })
      })
      const events = (): Event[] =>
        text
          .split("\n")
          .slice(0, -1)
          .map((line) => eventSchema.parse(JSON.parse(line)))
      const tells = (type: string, version?: string): Promise<Event> =>
        until(
          () => events().find((event) => event.type === type && (version === undefined || event.version === version)),
          { what: `${type} ${version ?? ""}` },
        )
      return { child, events, tells, ended }
    },
    state: async () =>
      versionStateSchema.parse(JSON.parse(await readFile(join(path, "versions", "state.json"), "utf8"))),
    said: async () => (await readFile(join(path, "said"), "utf8")).trimEnd().split("\n"),
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill("SIGKILL")
      await until(() => children.size === 0, { what: "the end of all supervisors" })
      await temporary[Symbol.asyncDispose]()
    },
  }
}

function versioned(program: string, version: string): string {
  return program.replaceAll("VERSION", JSON.stringify(version))
}

/** Packs a program as npm does, and installs it as an update. */
async function install(path: string, version: string, program: string): Promise<void> {
  const files = {
    "package.json": JSON.stringify({ name: "@spore/scripted", version, type: "module" }),
    "dist/release.json": JSON.stringify({ version, node: "22.16.0", database: 1 }),
    "dist/cli.js": program,
  }
  for (const [name, text] of Object.entries(files)) {
    const file = join(path, "packed", "package", name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  const archive = join(path, "packed.tgz")
  await create({ file: archive, cwd: join(path, "packed"), gzip: true }, ["package"])
  const builtIn = { version: "1.0.0", entry: join(path, "built-in.mjs") }
  const node = process.versions.node
  const identity = { name: "@spore/scripted", entry: "dist/cli.js" }
  const versions = createVersions({
    folder: join(path, "versions"),
    program: identity,
    builtIn,
    node,
    clock: systemClock,
  })
  await versions.install(releaseOf(version), archive)
}

function releaseOf(version: string): Release {
  const archive = `scripted-${version}.tgz`
  return { format: 1, version, released: 1, node: "22.16.0", database: 1, archive, instructions: [], notes: "" }
}
