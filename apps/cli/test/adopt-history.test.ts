import { execFile } from "node:child_process"
import { appendFile, chmod, cp, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { isSporeError } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { type Asked, type Plan, planAdoption } from "../src/adopt/adopt.ts"
import { ancestorsAmong } from "../src/adopt/ancestors.ts"
import {
  type Checkout,
  gitIn,
  gitWorks,
  NO_GIT,
  put,
  readResults,
  rowOf,
  searchedCheckout,
  trainScript,
  writeResults,
} from "./support/checkout.ts"
import { like } from "./support/match.ts"

const NOTHING: Asked = {
  folder: "",
  history: undefined,
  leaveOut: [],
  write: false,
  test: true,
  program: true,
  gpu: undefined,
  unsandboxed: false,
  stated: {},
}

function plan(folder: string, asked: Partial<Asked> = {}): Promise<Plan> {
  return planAdoption({ env: process.env }, { ...NOTHING, folder, ...asked })
}

const reasons = ({ history }: Plan): object =>
  Object.fromEntries((history?.left ?? []).map(({ commit, reason }) => [commit, reason]))

describe("the nearest chosen ancestor", () => {
  test("is found along first parents first, past commits that were not chosen", () => {
    const parents = new Map([
      ["merge", ["left", "right"]],
      ["left", ["base"]],
      ["right", ["fork"]],
      ["fork", ["base"]],
      ["base", []],
    ])
    const of = (...chosen: string[]): object => Object.fromEntries(ancestorsAmong(parents, new Set(chosen)))
    expect(of("merge", "left", "right", "base")).toEqual({ merge: "left", left: "base", right: "base" })
    expect(of("merge", "right")).toEqual({ merge: "right" })
    expect(of("merge", "base")).toEqual({ merge: "base" })
    expect(of("base", "unknown")).toEqual({})
  })

  test("is none along a ring, which only forged commits make", () => {
    const parents = new Map([
      ["top", ["a"]],
      ["a", ["b"]],
      ["b", ["a", "base"]],
      ["self", ["self"]],
      ["base", []],
    ])
    const of = (...chosen: string[]): object => Object.fromEntries(ancestorsAmong(parents, new Set(chosen)))
    expect(of("top", "base")).toEqual({ top: "base" })
    expect(of("a", "self")).toEqual({})
  })

  test("is found at the end of a history longer than a stack", () => {
    const length = 150_000
    const line = Array.from({ length }, (_, i): [string, string[]] => [`${i}`, i === 0 ? [] : [`${i - 1}`]])
    expect([...ancestorsAmong(new Map(line), new Set(["0", `${length - 1}`]))]).toEqual([[`${length - 1}`, "0"]])
  })
})

describe.skipIf(!gitWorks)(`the history of a checkout${NO_GIT}`, () => {
  let scratch: Awaited<ReturnType<typeof temporaryFolder>>
  let original: Checkout
  let copies = 0

  beforeAll(async () => {
    scratch = await temporaryFolder()
    original = await searchedCheckout(join(scratch.path, "lm"))
  })
  afterAll(() => scratch[Symbol.asyncDispose]())

  /** A copy that a test may change. */
  async function copy(): Promise<string> {
    const folder = join(scratch.path, `${copies++}`, "lm")
    await cp(original.folder, folder, { recursive: true })
    return folder
  }

  test("is the table's rows with git's code and lineage, those reset away too", async () => {
    const { history, historyFault, baselineCommit, files, package: taskPackage, leftOut } = await plan(original.folder)
    expect({ historyFault, left: history?.left, leftOut }).toEqual({
      historyFault: null,
      left: [],
      leftOut: ["results.tsv"],
    })
    const rows = history?.rows.map(({ commit, value, status, description, from, files: code }) => {
      return { commit, value, status, title: description, from, code: text(code.get("train.mjs")) }
    })
    expect(rows).toEqual(original.tried.map(({ rate, ...row }) => ({ ...row, code: trainScript(rate) })))
    expect(rows?.filter(({ status }) => status === "crash")).toHaveLength(1)
    // The folder holds the best so far; the task begins where the search began.
    expect(baselineCommit).toBe(original.tried[0]?.commit)
    expect(text(files.get("train.mjs"))).toBe(trainScript("0.8"))
    expect(taskPackage).toMatchObject({ name: "lm", metric: { name: "val_bpb", goal: "minimize" }, type: "ml_train" })
  })

  test("is not looked at where nobody wants it: the folder's own code is the baseline", async () => {
    const { history, baselineCommit, files } = await plan(original.folder, { history: "none" })
    expect({ history, baselineCommit }).toEqual({ history: null, baselineCommit: null })
    expect(text(files.get("train.mjs"))).toBe(trainScript("0.3"))
  })

  test("leaves out rows that cannot honestly become records, with the reason", async () => {
    const folder = await copy()
    const rows = await readResults(folder)
    const [first = "", second = "", third = "", ...rest] = rows
    const [, commit2 = ""] = original.tried.map((one) => one.commit)
    await writeResults(folder, [
      "abcdef0\t1.5\t44.0\tkeep\tlost",
      original.tried.filter(({ status }) => status === "crash").map(rowOf)[0] ?? "",
      first,
      second,
      third.replace(/\t1\.\d+\t44\.0/, "\t0.000000\t0.0"),
      "HEAD\t1.5\t44.0\tkeep\tnot a commit's id",
      ...rest,
    ])
    const planned = await plan(folder)
    expect(reasons(planned)).toEqual({
      abcdef0: "git has no such commit",
      HEAD: "git has no such commit",
      [original.tried[3]?.commit ?? ""]: "no run that succeeded comes before it",
      [original.tried[2]?.commit ?? ""]: "val_bpb 0 and no memory is a crash, its status discard",
    })
    expect(planned.history?.rows.map(({ commit }) => commit).slice(0, 2)).toEqual([original.tried[0]?.commit, commit2])
  })

  test("leaves out what was measured with other frozen files", async () => {
    const folder = await copy()
    await appendFile(join(folder, "prepare.mjs"), "// another evaluation\n")
    await put(folder, "helper.mjs", "// never committed: nothing to compare with\n")
    await appendFile(join(folder, "program.md"), "Words for readers do not judge.\n")
    const planned = await plan(folder)
    expect(planned.history?.rows).toEqual([])
    expect(new Set(Object.values(reasons(planned)))).toEqual(
      new Set(["prepare.mjs was another then, so something else was measured"]),
    )
    expect(planned.baselineCommit).toBeNull()
    await expect(plan(folder, { history: "own" })).rejects.toThrow(/no row of it can be used: prepare\.mjs was another/)
  })

  test("is of a subfolder, of a worktree, and of a shallow clone, too", async () => {
    const parent = join(scratch.path, "worktree")
    await original.git("worktree", "add", "--quiet", "--detach", parent)
    await cp(join(original.folder, "results.tsv"), join(parent, "results.tsv"))
    expect((await plan(parent)).history?.rows).toHaveLength(8)

    const shallow = join(scratch.path, "shallow")
    await original.git("clone", "--quiet", "--depth=2", `file://${original.folder}`, shallow)
    await cp(join(original.folder, "results.tsv"), join(shallow, "results.tsv"))
    const { history } = await plan(shallow)
    expect(history?.rows.map(({ description, from }) => [description, typeof from])).toEqual([
      ["lower still", "object"],
      ["lower once more", "string"],
    ])

    const outer = join(scratch.path, "outer")
    const git = gitIn(outer)
    await mkdir(outer)
    await git("init", "--quiet")
    await cp(join(original.folder, "prepare.mjs"), join(outer, "lms", "lm", "prepare.mjs"), { recursive: true })
    await put(outer, "lms/lm/train.mjs", trainScript("0.8"))
    await git("add", "--all")
    await git("commit", "--quiet", "--message", "begin")
    const commit = (await git("rev-parse", "--short", "HEAD")).trim()
    await writeResults(join(outer, "lms", "lm"), [`${commit}\t1.36\t0.1\tkeep\tbegin`])
    expect((await plan(join(outer, "lms", "lm"))).history).toMatchObject({ rows: [{ commit, value: 1.36 }], left: [] })
  })

  test("runs nothing that a hostile repository names", async () => {
    const folder = await copy()
    const marker = join(scratch.path, "ran")
    const evil = join(folder, ".git", "evil.sh")
    await writeFile(evil, `#!/bin/sh\necho "$0 $*" >> ${marker}\n`)
    await chmod(evil, 0o755)
    const [, second] = original.tried
    const forged = (await original.git("rev-parse", second?.commit ?? "")).trim()
    const real = (await original.git("rev-parse", original.tried[0]?.commit ?? "")).trim()
    await put(folder, `.git/refs/replace/${real}`, `${forged}\n`)
    await put(folder, ".git/info/grafts", `${forged}\n`)
    await put(folder, ".gitattributes", "* diff=evil filter=evil merge=evil\n")
    await put(folder, ".git/info/attributes", "* diff=evil filter=evil\n")
    for (const hook of ["post-checkout", "post-index-change", "reference-transaction", "fsmonitor-watchman"]) {
      await put(folder, `.git/hooks/${hook}`, `#!/bin/sh\necho hook >> ${marker}\n`, 0o755)
    }
    await writeFile(
      join(folder, ".git", "config"),
      `[core]
	repositoryformatversion = 1
	bare = false
	fsmonitor = ${evil}
	pager = ${evil}
	sshCommand = ${evil}
	hooksPath = ${join(folder, ".git", "hooks")}
	alternateRefsCommand = ${evil}
	attributesFile = ${join(folder, ".git", "info", "attributes")}
[extensions]
	partialClone = origin
[remote "origin"]
	url = ext::${evil}
	uploadpack = ${evil}
	promisor = true
[protocol]
	allow = always
[diff]
	external = ${evil}
[diff "evil"]
	textconv = ${evil}
	command = ${evil}
[filter "evil"]
	clean = ${evil}
	smudge = ${evil}
	process = ${evil}
	required = true
[gpg]
	program = ${evil}
[log]
	showSignature = true
[alias]
	cat-file = !${evil}
	rev-list = !${evil}
`,
    )
    await writeResults(folder, [...(await readResults(folder)), "abcdef0\t1.5\t44.0\tkeep\tto be fetched"])
    const { history } = await plan(folder)
    expect(await readdir(scratch.path)).not.toContain("ran")
    // A plain git would have run some of it.
    await promisify(execFile)("git", ["status"], { cwd: folder }).catch(() => undefined)
    expect(await readdir(scratch.path)).toContain("ran")
    // Nor is its word on what replaces what, and who is whose parent, taken.
    expect(history?.rows.map(({ commit, from, files }) => [commit, from, text(files.get("train.mjs"))])).toEqual(
      original.tried.map(({ commit, from, rate }) => [commit, from, trainScript(rate)]),
    )
  })

  test.each<[string, (folder: string) => Promise<void>]>([
    [
      "borrows objects",
      (folder) => put(folder, ".git/objects/info/alternates", `${join(original.folder, ".git", "objects")}\n`),
    ],
    [
      "leads elsewhere",
      async (folder) => {
        await rm(join(folder, ".git", "objects", "pack"), { recursive: true, force: true })
        await symlink(join(original.folder, ".git", "objects", "pack"), join(folder, ".git", "objects", "pack"))
      },
    ],
    [
      "is no folder of its own",
      async (folder) => {
        await rm(join(folder, ".git", "objects"), { recursive: true })
        await symlink(join(original.folder, ".git", "objects"), join(folder, ".git", "objects"))
      },
    ],
    [
      "is neither a repository nor a worktree",
      async (folder) => {
        await rm(join(folder, ".git"), { recursive: true })
        await symlink(join(original.folder, ".git"), join(folder, ".git"))
      },
    ],
    [
      "does not know of this worktree",
      async (folder) => {
        await rm(join(folder, ".git"), { recursive: true })
        await writeFile(join(folder, ".git"), `gitdir: ${join(original.folder, ".git")}\n`)
      },
    ],
  ])("is not taken from another repository: one that %s", async (reason, change) => {
    const folder = await copy()
    await change(folder)
    const planned = await plan(folder)
    expect(planned).toMatchObject({ history: null, historyFault: like(reason) })
    await expect(plan(folder, { history: "own" })).rejects.toMatchObject({ code: "results_refused" })
  })

  test("ends no command where git finds the objects damaged", async () => {
    const folder = await copy()
    const objects = join(folder, ".git", "objects")
    for (const name of await readdir(objects)) {
      if (!/^[0-9a-f]{2}$/.test(name)) continue
      for (const file of await readdir(join(objects, name))) {
        await chmod(join(objects, name, file), 0o644)
        await writeFile(join(objects, name, file), "no object")
      }
    }
    const planned = await plan(folder)
    expect(planned.historyFault !== null || planned.history?.rows.length === 0).toBe(true)
  })

  test.each<[string, RegExp, (folder: string) => Promise<void>]>([
    [
      "that is a link",
      /results\.tsv is not a regular file/,
      async (folder) => {
        await rename(join(folder, "results.tsv"), join(folder, "elsewhere.tsv"))
        await symlink("elsewhere.tsv", join(folder, "results.tsv"))
      },
    ],
    [
      "that is huge",
      /results\.tsv has \d+ bytes, limit/,
      (folder) => appendFile(join(folder, "results.tsv"), "x".repeat(5 * 1024 * 1024)),
    ],
    [
      "with too many rows",
      /has 5\d{3} rows, limit 5000/,
      async (folder) => appendFile(join(folder, "results.tsv"), "abcd123\t1\t1\tkeep\tx\n".repeat(5001)),
    ],
    ["that is no table", /expected the heading/, (folder) => writeFile(join(folder, "results.tsv"), "\0\u001b[2J")],
    ["without git", /no git checkout/, (folder) => rm(join(folder, ".git"), { recursive: true })],
  ])("is none of a table %s, and the folder is a task all the same", async (_, reason, change) => {
    const folder = await copy()
    await change(folder)
    const asked = { leaveOut: ["elsewhere.tsv"] }
    const planned = await plan(folder, asked)
    expect(planned).toMatchObject({ history: null, historyFault: like(reason), baselineCommit: null })
    await expect(plan(folder, { ...asked, history: "own" })).rejects.toThrow(reason)
  })

  test("has titles without control characters", async () => {
    const folder = await copy()
    const [first = ""] = await readResults(folder)
    await writeResults(folder, [first.replace("baseline", "base\u001b[2Jline\u202e\u0007 \ttab")])
    expect((await plan(folder)).history?.rows.map(({ description }) => description)).toEqual([
      "baseline tab".replace(" ", "  "),
    ])
  })

  test("is of no folder whose files are links, unless they are left out", async () => {
    const folder = await copy()
    await rename(join(folder, "train.mjs"), join(folder, "real.mjs"))
    await symlink("real.mjs", join(folder, "train.mjs"))
    const error: unknown = await plan(folder).catch((reason: unknown) => reason)
    expect(isSporeError(error, "task_incomplete") && error.message).toMatch(/train\.mjs is not a regular file/)
    await rm(join(folder, "train.mjs"))
    await rename(join(folder, "real.mjs"), join(folder, "train.mjs"))
    await symlink("/", join(folder, "data"))
    await expect(plan(folder)).rejects.toThrow(/data is not a regular file/)
    expect((await plan(folder, { leaveOut: ["./data/"] })).leftOut).toEqual(["data", "results.tsv"])
  })
})

function text(content: Uint8Array | undefined): string {
  return new TextDecoder().decode(content)
}
