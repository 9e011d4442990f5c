/**
 * What a folder's files say that they need and a run does not have: a run sees the package, the machine's programs, and
 * neither a network nor a home folder.
 *
 * @packageDocumentation
 */
import type { Env } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { TaskPackage } from "@spore/runner"
import { parse } from "smol-toml"
import { z } from "zod"

/** Something that may keep a task from running here. */
export interface Need {
  readonly what: string
  /** What to do about it. */
  readonly next: string
}

const SCRIPT = /\.(?:py|sh|m?js)$/
const MAX_NAMED = 12
const DATA = "put what is read there into the folder, at most 64 MiB, and read it by a relative path"

/** In the text of a script. */
const SIGNS: readonly { readonly sign: RegExp; readonly what: string; readonly next: string }[] = [
  {
    sign: /expanduser\(|Path\.home\(\)|["'`]~\/|environ(?:\.get\(|\[)\s*["'](?:HOME|XDG_CACHE_HOME)|\$\{?HOME\b/,
    what: "reads the home folder, which a run does not see",
    next: DATA,
  },
  {
    sign: /["'](?:\/(?:data|datasets?|mnt|home|scratch|workspace|content)\/)/,
    what: "reads an absolute path, which a run does not see",
    next: DATA,
  },
  {
    sign: /\b(?:requests\.get|urlopen|urlretrieve|hf_hub_download|snapshot_download|load_dataset|get_kernel)\s*\(|^\s*(?:curl|wget)\s/,
    what: "downloads, and a run has no network",
    next: DATA,
  },
]

/** What may keep a task from running on a machine, in the order of the files. */
export function needsOf(files: FileTree, taskPackage: TaskPackage, { accelerator }: Pick<Env, "accelerator">): Need[] {
  const text = (path: string): string => new TextDecoder().decode(files.get(path))
  const scripts = [...files.keys()].filter((path) => SCRIPT.test(path)).toSorted()
  const needs = scripts.flatMap((path) => signsIn(path, text(path)))
  const wantsCuda = scripts.some((path) => /\.cuda\(|["']cuda(?::\d)?["']/.test(text(path)))
  if (wantsCuda && accelerator === "cpu") {
    needs.push({ what: "it asks for CUDA, and a run here has no GPU", next: "--gpu, on a machine that has one" })
  }
  return taskPackage.environment === undefined ? [...needs, ...packagesOf(files, text)] : needs
}

function signsIn(path: string, script: string): Need[] {
  const lines = script.split("\n")
  return SIGNS.flatMap(({ sign, what, next }) => {
    const line = lines.findIndex((one) => one.length < 2000 && sign.test(one))
    return line < 0 ? [] : [{ what: `${path}, line ${line + 1}: ${what}`, next }]
  })
}

/** Packages that are named and not pinned by hash. */
function packagesOf(files: FileTree, text: (path: string) => string): Need[] {
  const source = ["pyproject.toml", "requirements.txt"].find((path) => files.has(path))
  if (source === undefined) return []
  const names = source === "pyproject.toml" ? projectPackages(text(source)) : requiredPackages(text(source))
  if (names.length === 0) return []
  const named = names.slice(0, MAX_NAMED).join(", ")
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ""
  const next = files.has("uv.lock")
    ? "uv export --format requirements-txt --no-emit-project -o requirements.lock"
    : `pip-compile --generate-hashes -o requirements.lock ${source}`
  return [
    {
      what: `${source} asks for ${named}${more}, without a lock file of versions and hashes that a run could be given`,
      next: `in the folder: ${next}; or have the machine's Python bring them (docs/environments.md)`,
    },
  ]
}

const projectSchema = z.object({ project: z.object({ dependencies: z.array(z.string()) }) })

function projectPackages(toml: string): string[] {
  try {
    const { project } = projectSchema.parse(parse(toml))
    return project.dependencies.flatMap((line) => requiredPackages(line))
  } catch {
    // One that cannot be read names nothing; the run of the baseline tells what is missing.
    return []
  }
}

function requiredPackages(requirements: string): string[] {
  return requirements.split("\n").flatMap((line) => /^\s*([A-Za-z0-9][\w.-]*)/.exec(line)?.[1] ?? [])
}
