import { type Dirent, type Stats } from "node:fs"
import { lstat, readdir, readlink } from "node:fs/promises"
import { isAbsolute, join } from "node:path"

const FOLDERS: ReadonlySet<string> = new Set(["bin", "include", "lib", "lib64", "share", "etc"])
const MAX_LINKS = 4

/**
 * Why a folder that a sandbox left is no virtual environment as `venv` makes one; null where it is one. It is shown to
 * jobs by its path, and this machine looks for packages in it: a link in its upper folders would lead both elsewhere.
 */
export async function venvProblem(folder: string): Promise<string | null> {
  if ((await typeOf(folder)) !== "folder") return "it is no folder"
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const problem = await topProblem(folder, entry)
    if (problem !== null) return problem
  }
  for (const name of ["bin", "lib"]) {
    if ((await typeOf(join(folder, name))) !== "folder") return `${name} is missing`
  }
  for (const name of await readdir(join(folder, "lib"))) {
    for (const path of [join("lib", name), join("lib", name, "site-packages")]) {
      if ((await typeOf(join(folder, path))) === "link") return `${path} is a link`
    }
  }
  return await pythonProblem(join(folder, "bin"))
}

async function topProblem(folder: string, entry: Dirent): Promise<string | null> {
  const { name } = entry
  if (entry.isSymbolicLink()) {
    return name === "lib64" && (await readlink(join(folder, name))) === "lib" ? null : `${name} is a link`
  }
  if (FOLDERS.has(name) && !entry.isDirectory()) return `${name} is no folder`
  return entry.isDirectory() || entry.isFile() ? null : `${name} is neither file nor folder`
}

/** `bin/python3` leads, by names in the same folder, to a program elsewhere; or it is a copy of it. */
async function pythonProblem(bin: string): Promise<string | null> {
  let name = "python3"
  for (let step = 0; step < MAX_LINKS; step++) {
    const path = join(bin, name)
    const type = await typeOf(path)
    if (type === "file") return null
    if (type !== "link") return `bin/${name} is no program`
    const target = await readlink(path)
    if (isAbsolute(target)) return null
    if (target.includes("/")) return `bin/${name} is a link to ${JSON.stringify(target.slice(0, 80))}`
    name = target
  }
  return "the links of bin/python3 do not end"
}

async function typeOf(path: string): Promise<"file" | "folder" | "link" | "other" | null> {
  let stats: Stats
  try {
    stats = await lstat(path)
  } catch {
    return null
  }
  if (stats.isSymbolicLink()) return "link"
  if (stats.isDirectory()) return "folder"
  return stats.isFile() ? "file" : "other"
}
