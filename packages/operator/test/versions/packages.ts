import { mkdir, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { create } from "tar"
import type { Release } from "../../src/release.ts"
import { createVersions, type VersionsInit } from "../../src/versions/create-versions.ts"
import type { Versions } from "../../src/versions/versions.ts"

export const PROGRAM = { name: "@spore/example", entry: "dist/cli.js" }
/** Stands for what was installed by hand. */
export const BUILT_IN = { version: "1.0.0", entry: "/usr/lib/example/dist/cli.js" }

export function openVersions(folder: string, init: Partial<VersionsInit> = {}): Versions {
  const clock = { now: () => 1_700_000_000_000 }
  return createVersions({ folder, program: PROGRAM, builtIn: BUILT_IN, node: process.versions.node, clock, ...init })
}

/** What a packed version holds, by path. */
export function packageFiles(version: string, changes: Record<string, string> = {}): Record<string, string> {
  return {
    "package.json": JSON.stringify({ name: PROGRAM.name, version, type: "module" }),
    "dist/cli.js": `console.log(${JSON.stringify(version)})\n`,
    "dist/chunks/part.js": "export const part = 1\n",
    "dist/release.json": JSON.stringify({ version, node: "22.16.0", database: 5 }),
    ...changes,
  }
}

export function makeRelease(version: string, changes: Partial<Release> = {}): Release {
  return {
    format: 1,
    version,
    released: 1_700_000_000,
    node: "22.16.0",
    database: 5,
    archive: `example-${version}.tgz`,
    instructions: [],
    notes: "",
    ...changes,
  }
}

/** Packs files as `npm pack` does, and gives the path of the archive. */
export async function pack(folder: string, files: Record<string, string>, name = "archive"): Promise<string> {
  const root = join(folder, `${name}-files`)
  for (const [path, text] of Object.entries(files)) {
    const to = join(root, "package", path)
    await mkdir(dirname(to), { recursive: true })
    await writeFile(to, text)
  }
  const archive = join(folder, `${name}.tgz`)
  await create({ file: archive, cwd: root, gzip: true, portable: true }, ["package"])
  return archive
}
