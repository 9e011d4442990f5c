/**
 * The rows of an autoresearch `results.tsv` with the code that git has of their commits, and with what they came of.
 *
 * @packageDocumentation
 */
import { createHash } from "node:crypto"
import { lstat } from "node:fs/promises"
import { join } from "node:path"
import type { Metric } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { TASK_FILE, type TaskPackage } from "@spore/runner"
import { parseResults, refused, type ResultRow } from "../exchange/results-table.ts"
import { readSource } from "../exchange/source.ts"
import { count } from "../output/format.ts"
import { ancestorsAmong } from "./ancestors.ts"
import { type Blob, type GitObjects, openGitObjects } from "./git-objects.ts"

export const RESULTS = "results.tsv"

/** A row that can become a record. */
export interface AdoptedRow extends ResultRow {
  /** The editable files as that commit has them. */
  readonly files: FileTree
  /** The commit of the row it was made from, by git; null for a run of the baseline; undefined where git does not tell. */
  readonly from: string | null | undefined
}

export interface History {
  /** In the order of the table; the first is a run of the baseline. */
  readonly rows: readonly AdoptedRow[]
  /** Rows that are left out, and why. */
  readonly left: readonly { readonly commit: string; readonly reason: string }[]
}

interface HistoryInit {
  /** Host path of the checkout. */
  readonly folder: string
  readonly package: TaskPackage
  /** Of the package, as they are in the folder. */
  readonly files: FileTree
  /** Where git is looked for. */
  readonly path: string | undefined
}

const MAX_TABLE = 4 * 1024 * 1024
const MAX_ROWS = 5000
const MAX_BLOB = 4 * 1024 * 1024
const MAX_CODE = 256 * 1024 * 1024
const MAX_LOOKUPS = 1_000_000
/** Frozen files that say nothing of how a candidate is judged. */
const FOR_READERS = /\.(?:md|png|svg|gif|jpe?g|pdf)$|^LICEN[CS]E/i

/**
 * The history of a folder; null where it has no `results.tsv`.
 *
 * @throws SporeError `results_refused` where it cannot be read at all
 */
export async function readHistory({ folder, package: taskPackage, files, path }: HistoryInit): Promise<History | null> {
  const table = join(folder, RESULTS)
  const found = await lstat(table).catch(() => null)
  if (found === null) return null
  if (!found.isFile()) throw refused(`${RESULTS} is not a regular file`)
  if (found.size > MAX_TABLE) throw refused(`${RESULTS} has ${found.size} bytes, limit ${MAX_TABLE}`)
  const rows = parseResults((await readSource(table, MAX_TABLE)).toString("utf8"), taskPackage.metric.name)
  if (rows.length > MAX_ROWS) throw refused(`${RESULTS} has ${rows.length} rows, limit ${MAX_ROWS}`)
  await using git = await openGitObjects(folder, path)
  if (git === null) throw refused("the folder is no git checkout, and the table names commits only")
  return await adopted(rows, { git, package: taskPackage, files })
}

interface Sources {
  readonly git: GitObjects
  readonly package: TaskPackage
  readonly files: FileTree
}

async function adopted(rows: readonly ResultRow[], { git, package: taskPackage, files }: Sources): Promise<History> {
  const { editable } = taskPackage.candidate
  const frozen = frozenBlobs(files, editable, git.hash)
  const commits = await git.commits(rows.map(({ commit }) => commit))
  const ids = [...new Set(commits.values())]
  if (ids.length * (editable.length + frozen.length) > MAX_LOOKUPS) {
    throw refused(`${count(ids.length, "commit")} of ${count(frozen.length, "file")} are too many to compare`)
  }
  const code = await blobsOf(git, ids, editable)
  const judge = await blobsOf(
    git,
    ids,
    frozen.map(([path]) => path),
  )
  const why = (row: ResultRow): string | null => {
    const id = commits.get(row.commit)
    if (id === undefined) return "git has no such commit"
    const own = code.get(id) ?? []
    const absent = editable.find((_, i) => (own[i] ?? null) === null)
    if (absent !== undefined) return `${absent} is not in that commit`
    if (own.some((blob) => (blob?.size ?? 0) > MAX_BLOB)) return `its code is larger than ${MAX_BLOB} bytes`
    const other = frozen.find(([, blob], i) => (judge.get(id)?.[i]?.id ?? blob) !== blob)
    if (other !== undefined) return `${other[0]} was another then, so something else was measured`
    return valueFault(row, taskPackage.metric)
  }
  const judged = rows.map((row) => ({ row, reason: why(row) }))
  const first = judged.findIndex(({ row, reason }) => reason === null && row.value !== null)
  const usable = judged.flatMap(({ row, reason }, i) => (reason === null && first >= 0 && i >= first ? [row] : []))
  const left = judged.flatMap(({ row: { commit }, reason }, i) => {
    if (reason !== null) return [{ commit, reason }]
    return first < 0 || i < first ? [{ commit, reason: "no run that succeeded comes before it" }] : []
  })
  return { rows: await withFiles(usable), left }

  async function withFiles(taken: readonly ResultRow[]): Promise<AdoptedRow[]> {
    const [baseline] = taken
    if (baseline === undefined) return []
    const blobsBy = new Map(taken.map(({ commit }) => [commit, codeOf(commit)]))
    const blobs = [...blobsBy.values()].flat()
    const bytes = [...new Map(blobs.map(({ id, size }) => [id, size])).values()].reduce((sum, size) => sum + size, 0)
    if (bytes > MAX_CODE) throw refused(`the code of its commits has ${bytes} bytes, limit ${MAX_CODE}`)
    const contents = await git.contents(blobs)
    const nameOf = new Map(taken.toReversed().map(({ commit }) => [commits.get(commit) ?? "", commit]))
    const ancestors = ancestorsAmong(await git.parents([...nameOf.keys()]), new Set(nameOf.keys()))
    const baselineCode = keyOf(codeOf(baseline.commit))
    return taken.map((row) => {
      const own = blobsBy.get(row.commit) ?? []
      const content = own.map(({ id }, i): [string, Uint8Array] => [
        editable[i] ?? "",
        contents.get(id) ?? new Uint8Array(),
      ])
      const ancestor = ancestors.get(commits.get(row.commit) ?? "")
      const from = ancestor === undefined ? undefined : nameOf.get(ancestor)
      return { ...row, files: new Map(content), from: keyOf(own) === baselineCode ? null : from }
    })
  }

  function codeOf(commit: string): Blob[] {
    return (code.get(commits.get(commit) ?? "") ?? []).filter((blob) => blob !== null)
  }
}

/** What a row's value cannot be; null where it is as it should be. */
function valueFault({ value, memoryGb, status }: ResultRow, { name, min, max }: Metric): string | null {
  if (value === null) return null
  // How a crash is written; a discarded 0 would else be the best there ever was.
  if (value === 0 && memoryGb === 0 && status !== "keep")
    return `${name} 0 and no memory is a crash, its status ${status}`
  if ((min !== null && value < min) || (max !== null && value > max)) return `${value} is outside the bounds of ${name}`
  return null
}

/** Of each commit the blobs at these paths, in their order. */
async function blobsOf(
  git: GitObjects,
  commits: readonly string[],
  paths: readonly string[],
): Promise<ReadonlyMap<string, (Blob | null)[]>> {
  const all = await git.blobs(commits.flatMap((commit) => paths.map((path) => [commit, path] as const)))
  return new Map(commits.map((commit, i) => [commit, all.slice(i * paths.length, (i + 1) * paths.length)]))
}

/** The files that judge, with the ids that git would give them. */
function frozenBlobs(files: FileTree, editable: readonly string[], hash: GitObjects["hash"]): [string, string][] {
  const frozen = [...files].filter(
    ([path]) => !editable.includes(path) && path !== TASK_FILE && !FOR_READERS.test(path),
  )
  return frozen.map(([path, content]) => [
    path,
    createHash(hash).update(`blob ${content.length}\0`).update(content).digest("hex"),
  ])
}

function keyOf(blobs: readonly Blob[]): string {
  return blobs.map(({ id }) => id).join(" ")
}
