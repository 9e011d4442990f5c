import { realpath } from "node:fs/promises"
import { isSporeError, messageOf } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { readPackageFolder, TASK_FILE, type TaskPackage } from "@spore/runner"
import { cliError } from "../errors.ts"

/** What searches and their tools leave in a folder: no part of the task, and new with every experiment. */
const LEFTOVERS =
  /^(?:results\.tsv|progress\.png|node_modules|venv|env|wandb|mlruns|checkpoints|openevolve_output|results(?:_[^/]*)?)$|\.(?:log|ipynb|pt|pth|ckpt|sqlite|db)$/i
/** Where pi-autoresearch notes each experiment, below the line that says what is measured. */
const JOURNAL = "autoresearch.jsonl"

interface CheckoutFiles {
  readonly files: FileTree
  /** Paths of what was left out. */
  readonly leftOut: readonly string[]
}

/**
 * The files of a checkout that make a task.
 *
 * @throws SporeError with a TaskPackageErrorCode
 */
export async function readCheckout(folder: string, alsoLeaveOut: readonly string[]): Promise<CheckoutFiles> {
  const leftOut: string[] = []
  const asked = new Set(alsoLeaveOut.map((path) => path.replace(/^\.\//, "").replace(/\/+$/, "")))
  const root = await realpath(folder).catch(() => folder)
  const files = await readPackageFolder(root, (path) => {
    const isLeft = asked.has(path) || LEFTOVERS.test(path)
    if (isLeft) leftOut.push(path)
    return isLeft
  }).catch((error: unknown) => {
    if (!isSporeError(error, "task_package_malformed")) throw error
    const next = "--leave-out it where the task needs it not; else put the file itself there"
    throw cliError("task_incomplete", messageOf(error), { cause: error, next })
  })
  const journal = files.get(JOURNAL)
  if (journal !== undefined) files.set(JOURNAL, firstLine(journal))
  return { files, leftOut: leftOut.toSorted() }
}

/** What kind of project a folder is of, in words. */
export function kindOf(files: FileTree, isStated: boolean, { evaluator }: TaskPackage): string {
  if (isStated) return `a Spore task package (${TASK_FILE})`
  if (files.has("autoresearch.sh")) return "a pi-autoresearch folder"
  switch (evaluator.kind) {
    case "openevolve":
      return "an OpenEvolve example"
    case "shinka":
      return "a Shinka example"
    case "harbor":
      return "a Harbor task"
    case "stdout":
      return files.has("prepare.py") && files.has("train.py")
        ? "an autoresearch checkout"
        : "a folder with a script that prints its results"
    case "javascript":
    case "native":
      return "a folder with an evaluator of Spore's own kind"
  }
}

function firstLine(content: Uint8Array): Uint8Array {
  const end = content.indexOf(0x0a)
  return end < 0 ? content : content.subarray(0, end + 1)
}
