import { execFile } from "node:child_process"
import { createHash } from "node:crypto"
import { chmod, readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { extract, list } from "tar"
import { expect, test } from "vitest"
import { z } from "zod"
import { packCli } from "../src/index.ts"

const run = promisify(execFile)

async function filesOf(tarball: string): Promise<string[]> {
  const paths: string[] = []
  await list({ file: tarball, onReadEntry: ({ path }) => void paths.push(path) })
  return paths
}

async function hashOf(file: string): Promise<string> {
  return createHash("sha256")
    .update(await readFile(file))
    .digest("hex")
}

/** Takes the right to write below a folder from everybody; root has it nevertheless. */
async function readOnly(root: string): Promise<AsyncDisposable> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const folders = [root, ...entries.filter((entry) => entry.isDirectory()).map(pathOf)]
  for (const path of entries.filter((entry) => entry.isFile()).map(pathOf)) await chmod(path, 0o444)
  for (const path of folders) await chmod(path, 0o555)
  return {
    [Symbol.asyncDispose]: async () => {
      for (const path of folders) await chmod(path, 0o755)
    },
  }
}

function pathOf({ parentPath, name }: { parentPath: string; name: string }): string {
  return join(parentPath, name)
}

test("a packed version runs from any folder that nobody can write to, and has no dependencies", async () => {
  await using folder = await temporaryFolder()
  const tarball = await packCli({ version: "7.8.9-test.1", folder: folder.path })
  await extract({ file: tarball, cwd: folder.path })
  const root = join(folder.path, "package")
  await using _ = await readOnly(root)
  const env = { PATH: process.env["PATH"], HOME: folder.path, SPORE_PEERS: "none", SPORE_VERSIONS: "none" }
  const spore = (...args: string[]): Promise<{ stdout: string }> =>
    run(process.execPath, [join(root, "dist/main.js"), ...args], { cwd: folder.path, env })

  expect((await spore("--version")).stdout).toBe("7.8.9-test.1\n")
  expect(JSON.parse(await readFile(join(root, "dist/release.json"), "utf8"))).toMatchObject({ version: "7.8.9-test.1" })
  const manifest: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"))
  expect(manifest).toMatchObject({ version: "7.8.9-test.1" })
  expect(manifest).not.toHaveProperty("dependencies")
  // Tasks, templates, the library of evaluators and the pages are files of other packages.
  expect((await spore("init", "--data-dir", "data")).stdout).toContain("char-lm")
  await spore("task", "new", "made", "--template", "wasm")
  expect(await readdir(join(folder.path, "made/lib/wasm"))).toContain("binary.mjs")
  await spore("explorer", "export", "copy", "--data-dir", "data", "--task", "fft")
  expect(await readdir(join(folder.path, "copy"))).toContain("index.html")
})

test("the same files give the same bytes; what is replaced is in the tarball, what is left out is not", async () => {
  await using folder = await temporaryFolder()
  await using other = await temporaryFolder()
  const first = await hashOf(await packCli({ version: "1.0.0", folder: folder.path }))
  expect(await hashOf(await packCli({ version: "1.0.0", folder: other.path }))).toBe(first)
  const replace = { "dist/cli.js": "process.exit(3)\n", "dist/release.json": null }
  const broken = await packCli({ version: "1.0.0", folder: folder.path, replace })
  expect(await hashOf(broken)).not.toBe(first)
  expect(await filesOf(broken)).not.toContain("package/dist/release.json")
  await extract({ file: broken, cwd: folder.path })
  await expect(run(process.execPath, [join(folder.path, "package/dist/cli.js")])).rejects.toMatchObject({ code: 3 })
})

test("it holds what npm would publish", async () => {
  await using folder = await temporaryFolder()
  const cli = join(import.meta.dirname, "../../../apps/cli")
  const { stdout } = await run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: cli })
  const answer = z.array(z.object({ files: z.array(z.object({ path: z.string() })) })).parse(JSON.parse(stdout))
  const published = answer.flatMap(({ files }) => files.map(({ path }) => `package/${path}`))
  const packed = await filesOf(await packCli({ version: "1.0.0", folder: folder.path }))
  // pnpm, which publishes, adds the workspace's licence.
  expect(packed.toSorted()).toEqual([...new Set([...published, "package/LICENSE"])].toSorted())
})
