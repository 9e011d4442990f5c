import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { create } from "tar"
import { z } from "zod"

const ROOT = resolve(import.meta.dirname, "../../..")
const CLI = join(ROOT, "apps/cli")
const manifestSchema = z.looseObject({ name: z.string(), files: z.array(z.string()) })
const releaseSchema = z.looseObject({ version: z.string() })

export interface PackCliInit {
  /** What the packed program takes itself for. */
  readonly version: string
  /** Where the tarball goes. */
  readonly folder: string
  /** Contents of files that are to differ, by path in the package, such as `dist/cli.js`; null: left out. */
  readonly replace?: Readonly<Record<string, string | Uint8Array | null>>
}

/**
 * Packs the built `@spore/cli` as a release of another version, so that a test has two to choose from; gives the
 * tarball's path. What is packed of the same files has the same bytes.
 */
export async function packCli({ version, folder, replace = {} }: PackCliInit): Promise<string> {
  const staged = await mkdtemp(join(folder, ".packing-"))
  try {
    const root = join(staged, "package")
    await stage(root, version)
    for (const [path, content] of Object.entries(replace)) {
      const file = join(root, path)
      await rm(file, { recursive: true, force: true })
      if (content === null) continue
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
    }
    const tarball = join(folder, `spore-cli-${version}.tgz`)
    const files = await readdir(root, { recursive: true, withFileTypes: true })
    const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name))
    // The names sorted, one time for all, no owners: the bytes tell of the files alone. Tests want it soon, not small.
    const options = { file: tarball, cwd: staged, portable: true, mtime: new Date(0), gzip: { level: 1 } }
    await create(options, paths.map((path) => path.slice(staged.length + 1)).toSorted())
    return tarball
  } finally {
    await rm(staged, { recursive: true })
  }
}

/** Lays out what is published of the CLI below `root`. */
async function stage(root: string, version: string): Promise<void> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(CLI, "package.json"), "utf8")))
  for (const path of [...manifest.files, "README.md"]) await cp(join(CLI, path), join(root, path), { recursive: true })
  await cp(join(ROOT, "LICENSE"), join(root, "LICENSE"))
  await chmod(join(root, "dist/main.js"), 0o755)

  const { scripts: _, devDependencies: __, ...published } = manifest
  await writeJson(join(root, "package.json"), { ...published, version })
  const release = releaseSchema.parse(JSON.parse(await readFile(join(root, "dist/release.json"), "utf8")))
  await writeJson(join(root, "dist/release.json"), { ...release, version })
}

async function writeJson(file: string, value: object): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`)
}
