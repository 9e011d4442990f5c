import { execFile, spawnSync } from "node:child_process"
import { chmod, mkdir, writeFile } from "node:fs/promises"
import { delimiter, join, resolve } from "node:path"
import { promisify } from "node:util"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Completion, completionOf } from "../src/completion/resolve.ts"
import { createProgram } from "../src/program.ts"

const run = promisify(execFile)
const MAIN = resolve(import.meta.dirname, "../dist/main.js")
const SCRIPTS = resolve(import.meta.dirname, "../completions")

const silent = { out: () => undefined, err: () => undefined }
function complete(...line: string[]): Completion {
  return completionOf(
    createProgram("1.2.3", silent, async () => undefined),
    line,
  )
}
function words(...line: string[]): string[] {
  return complete(...line).candidates.map(({ word }) => word)
}

describe("what may stand at the cursor", () => {
  it("are commands at first, then what is below them, none of them hidden", () => {
    expect(words("")).toEqual(expect.arrayContaining(["run", "status", "task", "completion"]))
    expect(words("")).not.toContain("complete")
    expect(words("task", "")).toEqual(expect.arrayContaining(["list", "show", "new"]))
    expect(words("task", "")).not.toContain("run")
    expect(words("--json", "--data-dir", "x", "db", "")).toEqual(["info", "check", "rebuild", "help"])
  })

  it("are the options of the command and of those above it, once each", () => {
    expect(words("run", "--")).toEqual(
      expect.arrayContaining(["--task", "--no-train", "--data-dir", "--json", "--help"]),
    )
    expect(words("run", "--solo", "--")).not.toContain("--solo")
    expect(words("run", "--peer", "a:1", "--")).toContain("--peer")
    expect(words("status", "--")).not.toContain("--solo")
    expect(words("status", "--", "--")).toEqual([])
  })

  it("are the choices of options and arguments", () => {
    expect(words("run", "--relay", "")).toEqual(["client", "none", "server"])
    expect(words("run", "--relay=")).toEqual(["--relay=client", "--relay=none", "--relay=server"])
    expect(words("run", "--relay", "=", "s")).toEqual(["client", "none", "server"])
    expect(words("completion", "")).toEqual(["bash", "zsh", "fish"])
    expect(words("withhold", "")).toEqual(expect.arrayContaining(["list", "author", "artifact"]))
  })

  it("are files, folders, tasks and experiments by what a value is called", () => {
    expect(complete("run", "--task", "")).toMatchObject({ wanted: "task", before: "" })
    expect(complete("run", "--task=")).toMatchObject({ wanted: "task", before: "--task=" })
    expect(complete("try", "")).toMatchObject({ wanted: "experiment" })
    expect(complete("try", "aaaa", "")).toMatchObject({ wanted: "file" })
    expect(complete("adopt", "")).toMatchObject({ wanted: "folder" })
    expect(complete("task", "environments", "remove", "")).toMatchObject({ wanted: null })
    expect(complete("tasks", "")).toMatchObject({ wanted: null, candidates: [] })
    expect(complete("--data-dir", "here", "show", "")).toMatchObject({ wanted: "experiment", dataDir: "here" })
    expect(complete("show", "--data-dir=here", "")).toMatchObject({ wanted: "experiment", dataDir: "here" })
  })

  it("is whatever an optional value leaves open", () => {
    expect(complete("init", "--agents", "")).toMatchObject({ wanted: "folder" })
    expect(words("init", "--agents", "--")).toContain("--force")
  })
})

describe("in a shell", () => {
  let folder: TemporaryFolder
  let env: Record<string, string>
  const shell = async (command: string, args: readonly string[]): Promise<string[]> =>
    (await run(command, args, { cwd: folder.path, env })).stdout.split("\n").filter((line) => line !== "")

  beforeAll(async () => {
    folder = await temporaryFolder()
    const bin = join(folder.path, "bin")
    await mkdir(bin)
    await writeFile(join(bin, "spore"), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`)
    await chmod(join(bin, "spore"), 0o755)
    const dataDir = join(folder.path, "data")
    env = {
      PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`,
      HOME: folder.path,
      SPORE_DATA_DIR: dataDir,
      SPORE_PEERS: "none",
      SPORE_VERSIONS: "none",
    }
    await shell("spore", ["init"])
    await mkdir(join(folder.path, "folder-of-files"))
  })
  afterAll(() => folder[Symbol.asyncDispose]())

  it("prints the script of each", async () => {
    for (const [name, first] of [
      ["bash", "# Completion of spore in bash: source <(spore completion bash)"],
      ["zsh", "#compdef spore"],
      ["fish", "# Completion of spore in fish: spore completion fish | source"],
    ] as const) {
      expect((await shell("spore", ["completion", name]))[0]).toBe(first)
    }
    await expect(shell("spore", ["completion", "tcsh"])).rejects.toMatchObject({ code: 2 })
  })

  it("says nothing where there is no data folder, or no database in it", async () => {
    expect(await shell("spore", ["complete", "--", "--data-dir", "nowhere", "run", "--task", ""])).toEqual([])
    await mkdir(join(folder.path, "broken"))
    await writeFile(join(folder.path, "broken/spore.sqlite"), "no database")
    expect(await shell("spore", ["complete", "--", "--data-dir", "broken", "run", "--task", ""])).toEqual([])
  })

  /** What bash would offer; its words as it splits them. */
  async function bash(...line: string[]): Promise<string[]> {
    const quoted = line.map((word) => `'${word}'`).join(" ")
    const script = `source <(spore completion bash)
      complete -p spore >/dev/null || exit 1
      compopt() { echo "compopt $*"; }
      COMP_WORDS=(spore ${quoted}) COMP_CWORD=${line.length}
      _spore
      printf '%s\\n' "\${COMPREPLY[@]}"`
    return shell("bash", ["--norc", "-c", script])
  }

  it("completes in bash", async () => {
    expect(await bash("ru")).toEqual(["run"])
    expect(await bash("run", "--rel")).toEqual(["--relay"])
    expect(await bash("run", "--relay", "=")).toEqual(["client", "none", "server"])
    expect(await bash("run", "--task", "ch")).toEqual(["char-lm"])
    expect(await bash("run", "--task", "=", "ch")).toEqual(["char-lm"])
    expect(await bash("config", "get", "verify.r")).toEqual(["verify.rate"])
    expect(await bash("clean", "logs", "da")).toEqual(["database"])
    expect(await bash("set", "groq", "")).toEqual([])
    expect(await bash("adopt", "")).toEqual(["compopt -o dirnames"])
    expect(await bash("inspect", "")).toEqual(["compopt -o default"])
  })

  it.skipIf(isMissing("zsh"))(`completes in zsh${isMissing("zsh") ? " (skipped: no zsh here)" : ""}`, async () => {
    const zsh = (...line: string[]): Promise<string[]> =>
      shell("zsh", [
        "-f",
        "-c",
        `compdef() { : }
        _describe() { print -rl -- "\${(@P)@[-1]}" }
        _files() { print -r -- "files $*" }
        source <(spore completion zsh)
        words=(spore ${line.map((word) => `'${word}'`).join(" ")}) CURRENT=${line.length + 1}
        _spore`,
      ])
    expect(await zsh("ru")).toEqual(["run:run the node: research, verification, exchange with peers"])
    expect(await zsh("run", "--relay", "")).toEqual(["client:", "none:", "server:"])
    expect((await zsh("run", "--task=ch"))[0]).toMatch(/^--task=char-lm:Train a small/)
    expect(await zsh("adopt", "")).toEqual(["files -/"])
    expect(await zsh("inspect", "")).toEqual(["files "])
  })

  it.skipIf(isMissing("fish"))(`completes in fish${isMissing("fish") ? " (skipped: no fish here)" : ""}`, async () => {
    const fish = (line: string): Promise<string[]> =>
      shell("fish", ["--no-config", "-c", `source "${SCRIPTS}/spore.fish"; complete -C "${line}"`])
    expect(await fish("spore ru")).toEqual(["run\trun the node: research, verification, exchange with peers"])
    expect(await fish("spore run --relay ")).toEqual(["client", "none", "server"])
    expect((await fish("spore run --task ch"))[0]).toMatch(/^char-lm\tTrain a small/)
    expect(await fish("spore adopt folder-")).toEqual(["folder-of-files/\tDirectory"])
  })
})

function isMissing(shell: string): boolean {
  return spawnSync(shell, ["--version"]).error !== undefined
}
