import { CommanderError } from "commander"
import { describe, expect, test } from "vitest"
import { createProgram } from "../src/program.ts"

const SILENT = { out: () => undefined, err: () => undefined }

/** What a command line is read as: the command's path, arguments and options with the global ones. */
async function read(...words: string[]): Promise<{ path: string; args: string[]; options: object }> {
  let seen: { path: string; args: string[]; options: object } | undefined
  const program = createProgram("1.2.3", SILENT, async (_, command) => {
    const path = [command.name()]
    for (let { parent } = command; parent !== null && parent.parent !== null; parent = parent.parent)
      path.unshift(parent.name())
    seen = { path: path.join(" "), args: command.args, options: command.optsWithGlobals() }
  })
  await program.parseAsync(words, { from: "user" })
  if (seen === undefined) throw new Error("no command was run")
  return seen
}

describe("the command line", () => {
  test.each(["before", "after"])("takes global options %s the command", async (place) => {
    const globals = ["--json", "--data-dir", "/d"]
    const words = place === "before" ? [...globals, "status"] : ["status", ...globals]
    expect(await read(...words)).toMatchObject({ path: "status", options: { json: true, dataDir: "/d" } })
  })

  test("reads all flags of run", async () => {
    const words =
      "run --task t --peer a:1 --peer b:2 --mdns --announce /dns4/n/tcp/1 --relay none --verify-only --port 0 --web-port 81 --web-host ::1 --resource 50 --unsandboxed own"
    expect((await read(...words.split(" "))).options).toEqual({
      task: "t",
      peer: ["a:1", "b:2"],
      mdns: true,
      autoUpdate: true,
      announce: ["/dns4/n/tcp/1"],
      relay: "none",
      verifyOnly: true,
      train: true,
      verify: true,
      port: 0,
      webPort: 81,
      webHost: "::1",
      resource: 50,
      unsandboxed: "own",
    })
    expect(
      (
        await read(
          ..."run --proposer agent --agent-cmd x --workers 3 --max-experiments 9 --max-cost 0.5 --max-tokens 7".split(
            " ",
          ),
          ..."--until 8h --program p.md".split(" "),
        )
      ).options,
    ).toMatchObject({
      proposer: "agent",
      agentCmd: "x",
      workers: 3,
      maxExperiments: 9,
      maxCost: 0.5,
      maxTokens: 7,
      until: "8h",
      program: "p.md",
    })
    expect((await read("run", "--verify-rate", "20")).options).toMatchObject({ verifyRate: 20, verify: true })
    expect((await read("run", "--no-verify")).options).toMatchObject({ verify: false })
    expect((await read("run", "--solo", "--no-train")).options).toMatchObject({ solo: true, train: false, peer: [] })
  })

  test("reads all flags of task create", async () => {
    const words =
      "task create --bundle f --name n --description d --task-type ml_train --artifact-type javascript --editable a.py --editable b.py --entry a.py --language python --evaluator stdout --evaluator-file e.py --command c --metric m --goal maximize --unit s --min-effect 0.5 --replicates 2 --max-noise 3 --time-budget 1.5 --memory 64"
    expect(await read(...words.split(" "))).toMatchObject({
      path: "task create",
      options: {
        bundle: "f",
        name: "n",
        description: "d",
        taskType: "ml_train",
        artifactType: "javascript",
        editable: ["a.py", "b.py"],
        entry: "a.py",
        language: "python",
        evaluator: "stdout",
        evaluatorFile: "e.py",
        command: "c",
        metric: "m",
        goal: "maximize",
        unit: "s",
        minEffect: 0.5,
        replicates: 2,
        maxNoise: 3,
        timeBudget: 1.5,
        memory: 64,
      },
    })
  })

  test("reads the flags of adopt, those of a package among them", async () => {
    const words =
      "adopt f --dry-run --write --history own --leave-out a --leave-out b --no-test --no-program --gpu --name n"
    expect(await read(...words.split(" "))).toMatchObject({
      path: "adopt",
      args: ["f"],
      options: {
        dryRun: true,
        write: true,
        history: "own",
        leaveOut: ["a", "b"],
        test: false,
        program: false,
        gpu: true,
        name: "n",
      },
    })
  })

  test.each([
    ["tasks", "tasks", []],
    ["task list", "task list", []],
    ["task show char-lm", "task show", ["char-lm"]],
    ["task use", "task use", []],
    ["show f2q5", "show", ["f2q5"]],
    ["verify f2q5 --peer a:1 --solo", "verify", ["f2q5"]],
    ["verifications", "verifications", []],
    ["verifications f2q5 --task t --node n --limit 5 --cursor c", "verifications", ["f2q5"]],
    ["disputes f2q5 --task t --limit 5", "disputes", ["f2q5"]],
    ["frontier --anchored --trust a --trust b", "frontier", []],
  ])("%s", async (line, path, args) => {
    expect(await read(...line.split(" "))).toMatchObject({ path, args })
  })

  test.each([
    "run --port 70000",
    "run --port x",
    "run --resource 0",
    "run --no-train --verify-only",
    "run --no-verify --verify-only",
    "run --no-verify --verify-rate 20",
    "run --verify-rate 0",
    "run --verify-rate 101",
    "verify",
    "verifications --limit 501",
    "run --proposer me",
    "run --workers 0",
    "run --workers 65",
    "run --max-cost 0",
    "run --max-cost free",
    "run --max-tokens 1.5",
    "run --max-experiments 0",
    "run --agent a --agent-cmd b",
    // without a word
    "run --agent-cmd ",
    "run --agent ",
    "run --program ",
    "run --model Groq",
    "try a b --title ",
    "run --agent a --model groq",
    "run --model groq --agent-cmd b",
    "run --model groq --verify-only",
    "run --workers 2 --no-train",
    "run --until 8h --no-train",
    "run --max-cost 5 --verify-only",
    "run --program p.md --verify-only",
    "run --unsandboxed all",
    "run extra",
    "show",
    "task show",
    "task create",
    "task create --bundle f --goal best",
    "task create --bundle f --evaluator psychic",
    "task create --bundle f --replicates 17",
    "task create --bundle f --time-budget 0",
    "adopt",
    "adopt f --history theirs",
    "status --nonsense",
    "nonsense",
    "task nonsense",
  ])("%s is refused", async (line) => {
    await expect(read(...line.split(" "))).rejects.toBeInstanceOf(CommanderError)
  })
})
