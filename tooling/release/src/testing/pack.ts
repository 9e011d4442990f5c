import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { create } from "tar"

export interface ScriptedProgram {
  readonly version: string
  readonly node?: string
  readonly database?: number
  /** Further files of the package, by path, `dist/cli.js` for instance. */
  readonly files?: Readonly<Record<string, string>>
}

/** Packs a program of a few lines as `@spore/cli` is packed; writes it to `folder` and returns its path. */
export async function packProgram(folder: string, program: ScriptedProgram): Promise<string> {
  const { version, node = "22.16.0", database = 1, files = {} } = program
  await using work = await temporaryFolder()
  const all = {
    "package.json": JSON.stringify({ name: "@spore/cli", version, type: "module", bin: { spore: "./dist/main.js" } }),
    "dist/release.json": JSON.stringify({ version, node, database }),
    "dist/cli.js": "",
    ...files,
  }
  for (const [name, text] of Object.entries(all)) {
    const path = join(work.path, "package", name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
  const archive = join(folder, `spore-cli-${version}.tgz`)
  await create({ file: archive, cwd: work.path, gzip: true, portable: true }, ["package"])
  return archive
}
