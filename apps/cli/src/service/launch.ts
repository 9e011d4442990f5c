import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, fstatSync, lstatSync, renameSync } from "node:fs"
import { resolve } from "node:path"
import { argv, execPath } from "node:process"
import { folderUnusable } from "@spore/node/local"
import { isSporeError } from "@spore/records"
import type { Context } from "../context.ts"
import { makeLogFolder, openAppending } from "../logs/open-appending.ts"
import { MAX_OUTPUT, outputPath } from "./output-file.ts"

/** Of a node that starts this command (an agent of its, for instance): they would make the new one a part of that. */
const NOT_INHERITED = ["SPORE_SUPERVISED", "NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"]

/** The program that this command is: absolute, and the same after an update. */
export function launcherPath(): string {
  return resolve(argv[1] ?? "spore")
}

/** The command line of a node in the background. */
export function serviceWords(dataDir: string, words: readonly string[]): string[] {
  return [launcherPath(), "run", "--service", `--data-dir=${dataDir}`, ...words]
}

export interface Launched {
  readonly child: ChildProcess
  /** Where its output begins in the file. */
  readonly outputStart: number
}

/**
 * Starts a node in a session of its own, in its data folder, with its output in `logs/service.log`.
 *
 * @param words flags of `spore run`
 * @throws SporeError `folder_unusable`, `file_unusable`
 */
export function launch(dataDir: string, words: readonly string[], env: Context["env"]): Launched {
  const output = openOutput(dataDir)
  try {
    const child = spawn(execPath, [...serviceWords(dataDir, words), "--json"], {
      cwd: dataDir,
      detached: true,
      env: Object.fromEntries(Object.entries(env).filter(([name]) => !NOT_INHERITED.includes(name))),
      stdio: ["ignore", output.file, output.file],
    })
    child.unref()
    return { child, outputStart: output.size }
  } finally {
    closeSync(output.file)
  }
}

function openOutput(dataDir: string): { file: number; size: number } {
  const path = outputPath(dataDir)
  try {
    makeLogFolder(path)
    const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > MAX_OUTPUT) renameSync(path, `${path}.1`)
    const file = openAppending(path)
    return { file, size: fstatSync(file).size }
  } catch (error) {
    throw isSporeError(error) ? error : folderUnusable(dataDir, error)
  }
}
