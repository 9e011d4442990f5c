import { execFile, execFileSync } from "node:child_process"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"

/** Whether there is git here. In CI there must be. */
export const gitWorks: boolean = hasGit()
/** For the names of tests that are skipped. */
export const NO_GIT: string = gitWorks ? "" : " (skipped: git is not installed)"

function hasGit(): boolean {
  try {
    execFileSync("git", ["--version"])
    return true
  } catch (error) {
    if (process.env["CI"] === "true") throw error
    return false
  }
}

const PREPARE = `// Fixed data and evaluation.
export const best = 0.2
export function evaluate(rate) {
  if (typeof rate !== "number") throw new TypeError("no rate")
  return 1 + (rate - best) ** 2
}
`
const PROGRAM = `# autoresearch

Get the lowest val_bpb.
`

export function trainScript(rate: string): string {
  return `import { evaluate } from "./prepare.mjs"

const RATE = ${rate} // @tune 0..1

const bpb = evaluate(RATE)
console.log("---")
console.log(\`val_bpb:          \${bpb.toFixed(6)}\`)
console.log(\`num_steps:        \${10}\`)
`
}

export const HEADING = "commit\tval_bpb\tmemory_gb\tstatus\tdescription"

/** A row of the search that `searchedCheckout` makes. */
export interface Tried {
  readonly commit: string
  readonly rate: string
  readonly value: number | null
  readonly status: "keep" | "discard" | "crash"
  readonly title: string
  /** The commit it was made from. */
  readonly from: string | null
}

export interface Checkout {
  readonly folder: string
  readonly tried: readonly Tried[]
  git(...args: string[]): Promise<string>
}

/** What an autoresearch search does: each trial a commit on the last kept one, and a reset where it was not kept. */
const SEARCH: readonly (readonly [rate: string, title: string])[] = [
  ["0.8", "baseline"],
  ["0.7", "lower the rate"],
  ["0.9", "higher the rate"],
  ["null", "no rate at all"],
  ["0.5", "lower still"],
  ["0.6", "between"],
  ["0.3", "lower once more"],
  ["0.05", "too low"],
]

/** A checkout in JavaScript with eight commits and their `results.tsv`. */
export async function searchedCheckout(folder: string): Promise<Checkout> {
  const git = gitIn(folder)
  await mkdir(folder, { recursive: true })
  await git("init", "--quiet", "--initial-branch=main")
  for (const [path, text] of Object.entries({ "prepare.mjs": PREPARE, "program.md": PROGRAM })) {
    await writeFile(join(folder, path), text)
  }
  const tried: Tried[] = []
  let kept: Tried | null = null
  for (const [rate, title] of SEARCH) {
    await writeFile(join(folder, "train.mjs"), trainScript(rate))
    await git("add", "--all")
    await git("commit", "--quiet", "--message", title)
    const commit = (await git("rev-parse", "--short=7", "HEAD")).trim()
    const value = rate === "null" ? null : Number((1 + (Number(rate) - 0.2) ** 2).toFixed(6))
    const isBetter = value !== null && (kept === null || value < (kept.value ?? Infinity))
    const status = value === null ? "crash" : isBetter ? "keep" : "discard"
    const one: Tried = { commit, rate, value, status, title, from: kept?.commit ?? null }
    tried.push(one)
    if (status === "keep") kept = one
    else await git("reset", "--quiet", "--hard", kept?.commit ?? commit)
  }
  await writeResults(folder, tried.map(rowOf))
  return { folder, tried, git }
}

export function rowOf({ commit, value, status, title }: Tried): string {
  return [commit, (value ?? 0).toFixed(6), value === null ? "0.0" : "44.0", status, title].join("\t")
}

export async function writeResults(folder: string, rows: readonly string[]): Promise<void> {
  await writeFile(join(folder, "results.tsv"), `${[HEADING, ...rows].join("\n")}\n`)
}

export async function put(folder: string, path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), text, { mode })
}

export async function readResults(folder: string): Promise<string[]> {
  const [, ...rows] = (await readFile(join(folder, "results.tsv"), "utf8")).trimEnd().split("\n")
  return rows
}

/** git as a person uses it, without what this machine's settings say. */
export function gitIn(folder: string): Checkout["git"] {
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "a",
    GIT_AUTHOR_EMAIL: "a@example.org",
    GIT_COMMITTER_NAME: "a",
    GIT_COMMITTER_EMAIL: "a@example.org",
  }
  return async (...args) => (await promisify(execFile)("git", args, { cwd: folder, env })).stdout
}
