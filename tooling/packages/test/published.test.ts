import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { list } from "tar"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { ACCEPTED } from "../src/accepted.ts"
import { runExample } from "../src/example.ts"
import { emptyEnvironment, installGlobally, installPackages } from "../src/installation.ts"
import { lintTarball } from "../src/lint.ts"
import { packWorkspace, type Tarball } from "../src/pack-workspace.ts"
import { entriesOf, type Manifest, publishedPackages, readManifest, ROOT } from "../src/published.ts"
import { readExample } from "../src/readme.ts"
import { type Registry, serveRegistry } from "../src/registry/registry.ts"
import { thirdPartyFolders } from "../src/registry/third-party.ts"
import { installedManifests } from "../src/tree.ts"

const run = promisify(execFile)
const PACKAGES = publishedPackages()
const ENTRIES = PACKAGES.flatMap(({ manifest }) => entriesOf(manifest))

let folder: TemporaryFolder
let registry: Registry
let tarballs: Tarball[]
/** All packages, installed once. */
let user: string

beforeAll(async () => {
  folder = await temporaryFolder()
  const packed = join(folder.path, "packed")
  await mkdir(packed)
  tarballs = await packWorkspace(packed)
  registry = await serveRegistry({
    tarballs: tarballs.map(({ file }) => file),
    folders: thirdPartyFolders(ROOT).values(),
  })
  user = join(folder.path, "user")
  const packages = Object.fromEntries(tarballs.map(({ name, version }) => [name, version]))
  await installPackages({ folder: user, registry: registry.url, packages })
}, 400_000)

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

describe.for(PACKAGES.map((each) => [each.manifest.name, each] as const))(
  "%s",
  ([name, { folder: home, manifest }]) => {
    const installed = (): Manifest => readManifest(join(user, "node_modules", name))

    it("holds what it promises and nothing of the workspace", async () => {
      const paths: string[] = []
      await list({ file: tarballOf(name), onReadEntry: ({ path }) => void paths.push(path.slice("package/".length)) })
      expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json"]))
      expect(paths.filter((path) => /(^|\/)(src|test|node_modules)\/|\.map$|\.tsbuildinfo$/.test(path))).toEqual([])
      const root = join(user, "node_modules", name)
      expect(await readFile(join(root, "LICENSE"), "utf8")).toMatch(/MIT License[^]*Apache License/)
      const texts = paths.filter((path) => /\.([cm]?js|json|ts|py|html)$/.test(path))
      const local = await Promise.all(
        texts.map(async (path) => (await readFile(join(root, path), "utf8")).includes(ROOT)),
      )
      expect(texts.filter((_, i) => local[i])).toEqual([])
    })

    it("says where it comes from, and needs only what is published", () => {
      expect(installed()).toMatchObject({
        license: "Apache-2.0 OR MIT",
        homepage: `https://github.com/sporemesh/spore/tree/main/${home}#readme`,
        repository: { type: "git", url: "git+https://github.com/sporemesh/spore.git", directory: home },
        publishConfig: { access: "public", provenance: true },
      })
      const { dependencies = {}, optionalDependencies = {} } = installed()
      const needed = Object.entries({ ...dependencies, ...optionalDependencies })
      expect(needed.filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range))).toEqual([])
      const own = needed.filter(([other]) => other.startsWith("@spore/"))
      expect(
        own.filter(([other, version]) => tarballs.find((each) => each.name === other)?.version !== version),
      ).toEqual([])
    })

    it("passes publint, and attw but for what is accepted", async () => {
      const findings = await lintTarball(tarballOf(name))
      expect(findings.filter((finding) => ACCEPTED[finding] === undefined)).toEqual([])
    })

    it("has a README whose example prints what it says", async () => {
      const example = readExample(home)
      expect(example.code.split("\n").length).toBeLessThan(20)
      expect(await runExample(user, join(user, "examples", home), example)).toBe(example.prints)
    })

    it("is imported or run", () => {
      expect([...entriesOf(manifest), ...Object.keys(manifest.bin ?? {})]).not.toEqual([])
    })
  },
)

it("imports whatever the packages export", async () => {
  const program = ENTRIES.map((entry) => {
    const attributes = entry.endsWith(".json") ? `, { with: { type: "json" } }` : ""
    return `names[${JSON.stringify(entry)}] = Object.keys(await import(${JSON.stringify(entry)}${attributes}))\n`
  })
  const code = `const names = {}\n${program.join("")}process.stdout.write(JSON.stringify(names))\n`
  await writeFile(join(user, "all.mjs"), code)
  const { stdout } = await run(process.execPath, ["all.mjs"], { cwd: user, env: emptyEnvironment(user) })
  const names = z.record(z.string(), z.array(z.string())).parse(JSON.parse(stdout))
  expect(Object.keys(names)).toEqual(ENTRIES)
  expect(ENTRIES.filter((entry) => names[entry]?.length === 0)).toEqual([])
})

it("has types that a strict program can use", async () => {
  const typed = ENTRIES.filter((entry) => !entry.endsWith(".json"))
  const code = typed.map((entry, i) => `export * as entry${i} from ${JSON.stringify(entry)}\n`).join("")
  await writeFile(join(user, "all.ts"), code)
  const options = {
    target: "es2024",
    lib: ["es2024", "esnext.disposable", "dom", "dom.iterable"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    types: ["node"],
    typeRoots: [join(ROOT, "node_modules/@types")],
  }
  await writeFile(
    join(user, "tsconfig.json"),
    JSON.stringify({ compilerOptions: options, include: ["all.ts", "examples"] }),
  )
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc")
  const told = await run(process.execPath, [compiler, "-p", "."], { cwd: user }).then(
    ({ stdout }) => stdout,
    (error: unknown) => z.object({ stdout: z.string() }).parse(error).stdout,
  )
  // Declarations of others are theirs to mend.
  const own = told.split("\n").filter((line) => / error TS/.test(line) && !/^node_modules\/(?!@spore\/)/.test(line))
  expect(own).toEqual([])
})

it("gives a node with its pages by npm install --global, of one archive alone", async () => {
  const home = join(folder.path, "global")
  await using nothing = await serveRegistry({ tarballs: [], folders: [] })
  const commands = await installGlobally(home, nothing.url, tarballOf("@spore/cli"))
  expect([...nothing.asked]).toEqual([])

  const args = ["run", "--solo", "--no-train", "--port", "0", "--web-port", "0", "--json"]
  const node = spawn(join(commands, "spore"), args, {
    cwd: home,
    env: emptyEnvironment(home, commands),
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(node, "exit")
  try {
    const [line] = z.tuple([z.string()]).parse(await once(createInterface(node.stdout), "line"))
    const { type, url } = z.object({ type: z.string(), url: z.url() }).parse(JSON.parse(line))
    expect(type).toBe("ready")
    const page = await (await fetch(url)).text()
    const script = /src="([^"]+\.js)"/.exec(page)?.[1] ?? "no script"
    expect((await fetch(new URL(script, url))).headers.get("content-type")).toMatch("javascript")
    const tasks: unknown = await (await fetch(new URL("/api/v1/tasks", url))).json()
    expect(z.object({ items: z.array(z.unknown()) }).parse(tasks).items.length).toBeGreaterThan(3)
    node.kill("SIGINT")
    expect(await ended).toEqual([0, null])
  } finally {
    node.kill("SIGKILL")
    await ended
  }
})

it("runs no script of anybody while it is installed", async () => {
  const manifests = await installedManifests(user)
  expect(manifests.length).toBeGreaterThan(100)
  const scripted = manifests.filter(({ scripts = {} }) =>
    ["preinstall", "install", "postinstall"].some((script) => script in scripts),
  )
  expect(scripted.map(({ name }) => name)).toEqual([])
})

it("was installed from this machine alone, the same bytes each time", async () => {
  const lock: unknown = JSON.parse(await readFile(join(user, "package-lock.json"), "utf8"))
  const { packages } = z
    .object({
      packages: z.record(z.string(), z.object({ resolved: z.string().optional(), integrity: z.string().optional() })),
    })
    .parse(lock)
  const resolved = Object.values(packages).flatMap((each) => each.resolved ?? [])
  expect(resolved.length).toBeGreaterThan(100)
  expect(resolved.filter((url) => !url.startsWith(registry.url))).toEqual([])

  await using again = await serveRegistry({ tarballs: [], folders: thirdPartyFolders(ROOT).values() })
  const answer: unknown = await (await fetch(`${again.url}/zod`)).json()
  const { versions } = z
    .object({ versions: z.record(z.string(), z.object({ dist: z.object({ integrity: z.string() }) })) })
    .parse(answer)
  expect(Object.values(versions).map(({ dist }) => dist.integrity)).toContain(packages["node_modules/zod"]?.integrity)
  expect((await fetch(`${again.url}/@spore/none`)).status).toBe(404)
  expect([...again.missing]).toEqual(["@spore/none"])
})

function tarballOf(name: string): string {
  const found = tarballs.find((each) => each.name === name)
  if (found === undefined) throw new Error(`${name} was not packed`)
  return found.file
}
