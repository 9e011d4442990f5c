/**
 * The folder of one attempt:
 *
 *     tree/             where the agent begins; a git repository
 *       PROMPT.md       what is wanted
 *       program.md      the keeper's words, where there are any
 *       candidate/      the task's files: the editable ones writable
 *       context/        other experiments, as data
 *       ANSWER.md       to be written by the agent
 *     home/             its HOME in the `files` sandbox, thrown away
 *     tmp/              its temporary files
 *
 * The task's files lie one folder down, since agents take settings and hooks from the folder where they begin and
 * from those above it, and these files are strangers'.
 *
 * @packageDocumentation
 */
import { SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { isWithin, makeOwnedFolder, removeTree } from "@spore/runner/user-program"
import { execFile } from "node:child_process"
import { mkdir, realpath, writeFile } from "node:fs/promises"
import { dirname, join, resolve } from "node:path"
import { promisify } from "node:util"
import type { ProposalContext, ProposerErrorCode } from "../proposer.ts"
import { contextFiles } from "./context-files.ts"
import { PLAIN_GIT } from "./environment.ts"

export const KIND = "agent"
export const PROMPT_FILE = "PROMPT.md"
export const ANSWER_FILE = "ANSWER.md"
export const CANDIDATE_FOLDER = "candidate"

/** What agents read as instructions, or take settings from, wherever it lies. */
const FOR_AGENTS = /(^|\/)(\.[^/]*|(agents?|claude(\.local)?|gemini|qwen|conventions|skill)\.md)(\/|$)/i
const READ_ONLY = 0o444
const WRITABLE = 0o644

export interface AttemptFolder extends AsyncDisposable {
  readonly root: string
  /** Without links, as long as the agent has not begun. */
  readonly tree: string
  readonly home: string
  readonly temporary: string
  /** Files of the task that the agent does not get, since they would direct it. */
  readonly withheld: readonly string[]
}

/**
 * Makes the folder of an attempt below `workDir`.
 *
 * @throws SporeError `proposer_failed` where an editable file is one that agents obey
 */
export async function layOut(workDir: string, context: ProposalContext, prompt: string): Promise<AttemptFolder> {
  const { candidate, frozen, parent, program } = context
  const obeyed = candidate.editable.find((path) => FOR_AGENTS.test(path))
  if (obeyed !== undefined) {
    throw failed(`the task's editable file ${obeyed} is one that agents take instructions from`)
  }
  await mkdir(workDir, { recursive: true, mode: 0o700 })
  const root = await makeOwnedFolder(await realpath(workDir), KIND)
  const folder: AttemptFolder = {
    root,
    tree: join(root, "tree"),
    home: join(root, "home"),
    temporary: join(root, "tmp"),
    withheld: [...frozen.keys()].filter((path) => FOR_AGENTS.test(path)),
    [Symbol.asyncDispose]: () => removeTree(root),
  }
  try {
    for (const path of [folder.tree, folder.home, folder.temporary]) await mkdir(path, { mode: 0o700 })
    const files = join(folder.tree, CANDIDATE_FOLDER)
    await mkdir(files)
    await writeTree(files, without(frozen, [...folder.withheld, ...candidate.editable]), READ_ONLY)
    await writeTree(files, parent.files, WRITABLE)
    await mkdir(join(folder.tree, "context"))
    await writeTree(
      join(folder.tree, "context"),
      await contextFiles(context, (path) => FOR_AGENTS.test(path)),
      READ_ONLY,
    )
    if (program !== null) await writeFile(join(folder.tree, "program.md"), program, { mode: READ_ONLY })
    await writeFile(join(folder.tree, PROMPT_FILE), prompt, { mode: READ_ONLY })
    await makeRepository(folder.tree)
    return folder
  } catch (error) {
    await removeTree(root)
    throw error
  }
}

async function writeTree(root: string, files: FileTree, mode: number): Promise<void> {
  for (const [path, content] of files) {
    const target = resolve(root, path)
    if (target === root || !isWithin(target, root)) throw failed(`cannot lay out ${JSON.stringify(path)}`)
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, content, { mode, flag: "wx" })
  }
}

function without(files: FileTree, paths: readonly string[]): FileTree {
  return new Map([...files].filter(([path]) => !paths.includes(path)))
}

/** Some agents refuse to work outside of a repository. Where there is no git they have to do without. */
async function makeRepository(tree: string): Promise<void> {
  const git = async (...args: string[]): Promise<void> => {
    const settings = ["-c", "user.name=spore", "-c", "user.email=spore@localhost", "-c", "commit.gpgsign=false"]
    const env = { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: tree, ...PLAIN_GIT }
    await promisify(execFile)("git", [...settings, ...args], { cwd: tree, env })
  }
  try {
    await git("init", "--quiet", "--template=", "--initial-branch=main")
    await git("add", "--all")
    await git("commit", "--quiet", "--no-verify", "--message", "the parent")
  } catch {
    // the answer is read from the files alone
  }
}

function failed(message: string): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_failed", message)
}
