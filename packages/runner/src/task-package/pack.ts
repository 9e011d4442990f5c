/**
 * Task packages and candidates as artifacts. The bundle is the package without its editable files; the code of a
 * candidate is its one editable file, or the folder of its editable files.
 *
 * @packageDocumentation
 */
import { type CID, isSporeError, messageOf, SporeError } from "@spore/records"
import {
  addFile,
  addFolder,
  type ArtifactStore,
  DEFAULT_LIMITS,
  type FileTree,
  readFile,
  readTree,
} from "@spore/records/artifacts"
import { lstat, readdir, readFile as readHostFile } from "node:fs/promises"
import { join } from "node:path"
import { parseTaskPackage, TASK_FILE, type TaskPackage, type TaskPackageErrorCode } from "./manifest.ts"

/** No part of a package: what interpreters leave, and hidden files, where settings and secrets are kept. */
const NOT_PACKED = /^(?:\..*|__pycache__)$/
const MAX_PACKED_BYTES = 64 * 1024 * 1024

/** A task package in an artifact store. */
export interface PackedTask {
  package: TaskPackage
  bundle: CID
  /** The editable files as they lie in the folder: the first candidate. */
  baseline: CID
}

/**
 * Stores the task package in `folder`, a host path. Symbolic links and special files are refused.
 *
 * @throws SporeError with a TaskPackageErrorCode or ArtifactErrorCode
 */
export async function packTask(store: ArtifactStore, folder: string): Promise<PackedTask> {
  return packFiles(store, await readPackageFolder(folder))
}

/**
 * Stores the task package made of `files`.
 *
 * @throws SporeError with a TaskPackageErrorCode or ArtifactErrorCode
 */
export async function packFiles(store: ArtifactStore, files: FileTree): Promise<PackedTask> {
  const taskPackage = completePackage(files)
  const { editable } = taskPackage.candidate
  const baseline = new Map([...files].filter(([path]) => editable.includes(path)))
  const bundle = new Map([...files].filter(([path]) => !editable.includes(path)))
  return {
    package: taskPackage,
    bundle: await addFolder(store, bundle),
    baseline: await addCandidate(store, taskPackage, baseline),
  }
}

/**
 * The package that `files` are, its editable files among them.
 *
 * @throws SporeError with a TaskPackageErrorCode
 */
export function completePackage(files: FileTree): TaskPackage {
  const taskPackage = packageOf(files)
  const { editable, entry } = taskPackage.candidate
  for (const path of [...editable, entry]) if (!files.has(path)) throw missing(path)
  return taskPackage
}

/**
 * The files of a bundle and the package it describes.
 *
 * @throws SporeError with a TaskPackageErrorCode or ArtifactErrorCode
 */
export async function readBundle(
  store: ArtifactStore,
  bundle: CID,
): Promise<{ package: TaskPackage; files: FileTree }> {
  const files = await readTree(store, bundle)
  const taskPackage = packageOf(files)
  for (const path of taskPackage.candidate.editable) {
    if (files.has(path)) throw malformed(`the bundle holds the editable file ${path}`)
  }
  return { package: taskPackage, files }
}

/**
 * The files of a candidate by their paths in the package.
 *
 * @param maxBytes of all of them together: of more, nothing is read beyond that
 * @throws SporeError `candidate_files`, or an ArtifactErrorCode
 */
export async function candidateFiles(
  store: ArtifactStore,
  taskPackage: TaskPackage,
  code: CID,
  maxBytes: number = DEFAULT_LIMITS.maxBytes,
): Promise<FileTree> {
  const [first, ...others] = taskPackage.candidate.editable
  if (first === undefined || others.length > 0) {
    return checkCandidate(taskPackage, await readTree(store, code, { ...DEFAULT_LIMITS, maxBytes }))
  }
  try {
    return new Map([[first, await readFile(store, code, maxBytes)]])
  } catch (error) {
    if (!isSporeError(error, "artifact_bad_block")) throw error
    throw new SporeError<TaskPackageErrorCode>("candidate_files", `the candidate is not one file: ${code}`, {
      cause: error,
    })
  }
}

/**
 * Stores a candidate: exactly the editable files of the package.
 *
 * @throws SporeError `candidate_files`
 */
export async function addCandidate(store: ArtifactStore, taskPackage: TaskPackage, files: FileTree): Promise<CID> {
  const [[, only] = [], ...others] = checkCandidate(taskPackage, files)
  return only === undefined || others.length > 0 ? addFolder(store, files) : addFile(store, only)
}

function checkCandidate(taskPackage: TaskPackage, files: FileTree): FileTree {
  const { editable } = taskPackage.candidate
  const wrong = [...files.keys()].find((path) => !editable.includes(path)) ?? editable.find((path) => !files.has(path))
  if (wrong === undefined) return files
  throw new SporeError<TaskPackageErrorCode>(
    "candidate_files",
    `a candidate has exactly the files ${editable.join(", ")}; ${files.has(wrong) ? "too much" : "missing"}: ${wrong}`,
  )
}

function packageOf(files: FileTree): TaskPackage {
  const json = files.get(TASK_FILE)
  if (json === undefined) throw missing(TASK_FILE)
  return parseTaskPackage(new TextDecoder().decode(json))
}

/**
 * The files of a task package in a folder, a host path.
 *
 * @param leaveOut whether a file or folder, by its path in the package, is no part of it; its kind does not matter then
 * @throws SporeError `task_package_malformed` for links, special files, or more than 64 MiB; `task_package_incomplete`
 *   where the folder cannot be read
 */
export async function readPackageFolder(
  root: string,
  leaveOut: (path: string) => boolean = () => false,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  let bytes = 0
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (NOT_PACKED.test(entry.name)) continue
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`
      if (leaveOut(path)) continue
      if (entry.isDirectory()) await visit(path)
      else if (!entry.isFile()) throw malformed(`${path} is not a regular file`)
      else {
        bytes += (await lstat(join(root, path))).size
        if (bytes > MAX_PACKED_BYTES) throw malformed(`the package is larger than ${MAX_PACKED_BYTES} bytes`)
        files.set(path, await readHostFile(join(root, path)))
      }
    }
  }
  try {
    await visit("")
  } catch (error) {
    if (isSporeError(error)) throw error
    throw new SporeError<TaskPackageErrorCode>("task_package_incomplete", `cannot read ${root}: ${messageOf(error)}`, {
      cause: error,
      next: "give the folder of a task, or make one: spore task new FOLDER",
    })
  }
  return files
}

function missing(path: string): SporeError<TaskPackageErrorCode> {
  return new SporeError("task_package_incomplete", `the task package lacks ${path}`, {
    next: `add ${path}, or correct what ${TASK_FILE} says of it`,
  })
}

function malformed(reason: string): SporeError<TaskPackageErrorCode> {
  return new SporeError("task_package_malformed", reason, {
    next: "give a folder that holds the task and nothing else",
  })
}
