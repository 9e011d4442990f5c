import { fileURLToPath } from "node:url"
import { isSporeError, type SporeError } from "@spore/records"
import { describe, expect, it } from "vitest"
import { detectEvaluator, inferPackage, readPackageFolder, TASK_FILE } from "../src/index.ts"
import { taskPackage } from "./fixture.ts"

const folder = (style: string): Promise<Map<string, Uint8Array>> =>
  readPackageFolder(fileURLToPath(new URL(`fixtures/${style}`, import.meta.url)))
const tree = (files: Record<string, string>): Map<string, Uint8Array> =>
  new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]))

const OPENEVOLVE = { "evaluator.py": "def evaluate(program_path):\n    return {}\n" }

describe("the evaluator of a folder", () => {
  const styles: [string, Record<string, string>, string][] = [
    ["a manifest", { [TASK_FILE]: JSON.stringify(taskPackage) }, "native"],
    ["Shinka's", { "evaluate.py": 'parser.add_argument("--program_path", type=str)' }, "shinka"],
    ["OpenEvolve's", OPENEVOLVE, "openevolve"],
    ["Harbor's", { "task.toml": "", "tests/test.sh": "" }, "harbor"],
    ["JavaScript's", { "evaluator.mjs": "export async function evaluate() {}" }, "javascript"],
    ["a script's", { "train.py": 'print("---")\nprint(f"val_bpb: {x}")' }, "stdout"],
  ]

  it.each(styles)("is %s", (_, files, kind) => {
    expect(detectEvaluator(tree(files))?.kind).toBe(kind)
  })

  it("is the first of these where there are several", () => {
    for (const [index, [, , kind]] of styles.entries()) {
      const rest: Record<string, string> = {}
      for (const [, files] of styles.slice(index)) Object.assign(rest, files)
      expect(detectEvaluator(tree(rest))?.kind).toBe(kind)
    }
  })

  it.each<[string, Record<string, string>]>([
    ["an evaluate.py that is no program", { "evaluate.py": "def evaluate(path): ..." }],
    ["an evaluator.py without evaluate", { "evaluator.py": "    def evaluate(self): ..." }],
    ["a test.sh without task.toml", { "tests/test.sh": "" }],
    ["a train.py that prints no results", { "train.py": "print('hello')" }],
  ])("is not known by %s", (_, files) => {
    expect(detectEvaluator(tree(files))).toBeNull()
  })
})

describe("a manifest made of what a folder holds", () => {
  it("OpenEvolve", async () => {
    expect(inferPackage(await folder("openevolve"), { folder: "bumpy" })).toEqual({
      format: 1,
      name: "bumpy",
      description:
        "Evolve a search that finds the lowest point of a bumpy function of two variables within 400 evaluations.",
      type: "optimization",
      artifact: "python",
      candidate: { editable: ["initial_program.py"], entry: "initial_program.py", language: "python" },
      evaluator: { kind: "openevolve", file: "evaluator.py" },
      metric: { name: "combined_score", goal: "maximize", unit: "", min: null, max: null, minEffect: 0 },
      replay: { mode: "noisy", absTol: 0, relTol: 0, replicates: 3, maxNoise: 1, seeds: [] },
      budget: { type: "wall", value: 60, killSeconds: 60 },
      classKeys: [],
      requires: { python: ">=3.8" },
      memoryMb: 4096,
      network: "none",
    })
  })

  it("Shinka", async () => {
    expect(inferPackage(await folder("shinka"), { folder: "circles" })).toMatchObject({
      candidate: { editable: ["initial.py"] },
      evaluator: { kind: "shinka", file: "evaluate.py" },
      metric: { name: "combined_score", goal: "maximize" },
      budget: { value: 300, killSeconds: 300 },
    })
  })

  it("autoresearch", async () => {
    expect(inferPackage(await folder("autoresearch"), { folder: "lm" })).toMatchObject({
      type: "ml_train",
      artifact: "python_train_script",
      candidate: { editable: ["train.py"], entry: "train.py" },
      evaluator: { kind: "stdout", cmd: ["python3", "train.py"] },
      metric: { name: "val_bpb", goal: "minimize", minEffect: 0.001 },
      replay: { mode: "noisy", replicates: 1 },
      budget: { type: "wall", value: 1, killSeconds: 2 },
      classKeys: ["accelerator"],
      memoryMb: 16_384,
    })
  })

  it("pi-autoresearch", async () => {
    expect(inferPackage(await folder("pi-autoresearch"), { folder: "bytes" })).toMatchObject({
      candidate: { editable: ["pack.sh"], language: "shell" },
      evaluator: { kind: "stdout", cmd: ["/bin/bash", "autoresearch.sh"] },
      metric: { name: "packed_bytes", goal: "minimize", unit: "B" },
    })
  })

  it("Harbor", async () => {
    expect(inferPackage(await folder("harbor"), { folder: "fib" })).toMatchObject({
      description:
        "Write /app/solution.py so that `python3 /app/solution.py N` prints the N-th Fibonacci number, counting from F(1) = 1.",
      candidate: { editable: ["environment/solution.py"] },
      evaluator: { kind: "harbor", file: "tests/test.sh" },
      metric: { name: "reward", goal: "maximize" },
      budget: { value: 120, killSeconds: 120 },
      memoryMb: 1024,
    })
  })

  it("with everything said otherwise", async () => {
    const files = await folder("openevolve")
    const said = inferPackage(files, {
      name: "n",
      description: "d",
      type: "search",
      artifact: "command",
      editable: ["config.yaml", "initial_program.py"],
      entry: "config.yaml",
      language: "yaml",
      evaluator: "stdout",
      command: ["sh", "-c", "echo METRIC a=1"],
      metric: { name: "a", goal: "minimize", unit: "s", minEffect: 2 },
      replay: { replicates: 5, maxNoise: 3 },
      timeBudget: 7,
      memoryMb: 99,
    })
    expect(said).toMatchObject({
      name: "n",
      description: "d",
      type: "search",
      artifact: "command",
      candidate: { editable: ["config.yaml", "initial_program.py"], entry: "config.yaml", language: "yaml" },
      evaluator: { kind: "stdout", cmd: ["sh", "-c", "echo METRIC a=1"] },
      metric: { name: "a", goal: "minimize", unit: "s", minEffect: 2 },
      replay: { replicates: 5, maxNoise: 3 },
      budget: { type: "wall", value: 7, killSeconds: 14 },
      memoryMb: 99,
    })
  })

  it("is the folder's own where it has one, with what is said otherwise", () => {
    const files = tree({ [TASK_FILE]: JSON.stringify(taskPackage) })
    expect(inferPackage(files)).toEqual(taskPackage)
    const goal = { metric: { ...taskPackage.metric, goal: "maximize" } }
    expect(inferPackage(files, { metric: { goal: "maximize" }, timeBudget: 2.5 })).toEqual({
      ...taskPackage,
      ...goal,
      budget: { type: "wall", value: 2.5, killSeconds: 60 },
    })
  })

  describe("what OpenEvolve's config.yaml says", () => {
    const STAGES = "def evaluate_stage1(p): ...\n\ndef evaluate_stage2(p): ...\n\ndef evaluate_stage3(p): ...\n"
    const made = (yaml: string, evaluator = ""): ReturnType<typeof inferPackage> => {
      const stated = {
        "evaluator.py": OPENEVOLVE["evaluator.py"] + evaluator,
        "initial_program.py": "",
        "config.yaml": yaml,
      }
      return inferPackage(tree({ ...stated, "README.md": "For readers." }), { folder: "f" })
    }

    it("is time, thresholds and words to its proposer", () => {
      const yaml = `
evaluator:
  timeout: 90
  cascade_evaluation: true
  cascade_thresholds: [0.2, 0.6]
prompt:
  system_message: |
    You improve a search.

    Keep it short.
`
      expect(made(yaml, STAGES)).toMatchObject({
        description: "You improve a search.\n\nKeep it short.",
        budget: { value: 90, killSeconds: 90 },
        evaluator: {
          stages: [
            { name: "stage1", minScore: 0.2, timeoutS: 90 },
            { name: "stage2", minScore: 0.6, timeoutS: 90 },
            { name: "stage3", minScore: null, timeoutS: 90 },
          ],
        },
      })
      expect(made(yaml).evaluator).toEqual({ kind: "openevolve", file: "evaluator.py" })
    })

    it("is that no stage ends an evaluation, where the cascade is off", () => {
      const { evaluator } = made("evaluator: {cascade_evaluation: false, cascade_thresholds: [0.2]}", STAGES)
      expect(evaluator).toMatchObject({ stages: [{ minScore: null }, { minScore: null }, { minScore: null }] })
    })

    it("holds no thresholds where less is better", () => {
      const files = tree({
        ...OPENEVOLVE,
        "initial_program.py": "",
        "config.yaml": "evaluator: {cascade_thresholds: [1]}",
      })
      files.set("evaluator.py", new TextEncoder().encode(OPENEVOLVE["evaluator.py"] + STAGES))
      expect(inferPackage(files, { folder: "f", metric: { goal: "minimize" } }).evaluator).not.toHaveProperty("stages")
    })

    it.each([
      ["the name of a template", "prompt: {system_message: evaluator_system_message}"],
      ["no YAML", "evaluator: [timeout: {"],
      ["of other types", "evaluator: {timeout: soon, cascade_thresholds: much}\nprompt: 3"],
      ["a list", "- evaluator"],
      ["of aliases without end", `a: &a [x, x]\n${"b: &b [*a, *a]\n".repeat(3)}evaluator: *missing`],
      ["too long to be read", `prompt: {system_message: "a b"} #${"x".repeat(300_000)}`],
    ])("is nothing where it is %s", (_, yaml) => {
      expect(made(yaml, STAGES)).toMatchObject({ description: "For readers.", budget: { value: 300 } })
    })
  })

  it("has the words and the time of a Shinka run script", async () => {
    const script = `
from shinka.core import EvolutionRunner, EvolutionConfig
from shinka.launch import LocalJobConfig
job_config = LocalJobConfig(eval_program_path="evaluate.py", time="00:02:30")
search_task_sys_msg = """You are an expert.

Pack three circles."""
evo_config = EvolutionConfig(task_sys_msg=search_task_sys_msg, init_program_path="initial.py")
`
    const files = await folder("shinka")
    files.set("run_evo.py", new TextEncoder().encode(script))
    expect(inferPackage(files, { folder: "circles" })).toMatchObject({
      description: "You are an expert.\n\nPack three circles.",
      budget: { value: 150, killSeconds: 150 },
      candidate: { editable: ["initial.py"] },
    })
  })

  it("has the packages of a file of requirements only where each is pinned by hash", async () => {
    const pinned = `numpy==2.1.0 \\\n    --hash=sha256:${"ab".repeat(32)}\n`
    const made = async (files: Record<string, string>): Promise<unknown> =>
      inferPackage(new Map([...(await folder("openevolve")), ...tree(files)]), { folder: "f" }).environment
    expect(await made({ "requirements.txt": "numpy\nscipy>=1\n" })).toBeUndefined()
    expect(await made({ "requirements.txt": pinned })).toEqual({ lock: "requirements.txt", systemPackages: false })
    expect(await made({ "requirements.txt": "numpy\n", "requirements.lock": pinned })).toEqual({
      lock: "requirements.lock",
      systemPackages: false,
    })
    expect(await made({ "requirements.txt": "# none\n" })).toBeUndefined()
  })

  it("takes marked files where none has a known name", () => {
    const files = tree({
      ...OPENEVOLVE,
      "src/a.py": "# EVOLVE-BLOCK-START\n# EVOLVE-BLOCK-END",
      "src/b.py": "",
      "README.md": "# EVOLVE-BLOCK-START",
    })
    expect(inferPackage(files, { folder: "f" }).candidate).toEqual({
      editable: ["src/a.py"],
      entry: "src/a.py",
      language: "python",
    })
  })

  it.each<[string, Record<string, string>, RegExp, RegExp]>([
    ["how candidates are judged", { "a.py": "" }, /judged: there is no spore\.task\.json/, /--evaluator .*evaluator/],
    ["what candidates change", OPENEVOLVE, /which files candidates change/, /--editable .*candidate\.editable/],
    [
      "which of two files candidates change",
      { ...OPENEVOLVE, "initial.py": "", "initial.rs": "" },
      /initial\.py, initial\.rs/,
      /--editable/,
    ],
    [
      "what is measured",
      { "train.py": 'print("METRIC {name}={x}")' },
      /which printed number/,
      /--metric .*metric\.name/,
    ],
    [
      "which way is better",
      { "train.py": 'print(f"METRIC beauty={x}")' },
      /more or less beauty/,
      /--goal .*metric\.goal/,
    ],
  ])("is refused where the folder does not tell %s, with what would", (_, files, message, next) => {
    const error = refusal(() => inferPackage(tree(files), { folder: "f" }))
    expect(error.code).toBe("task_not_inferred")
    expect(error.message).toMatch(message)
    expect(error.next).toMatch(next)
  })
})

function refusal(action: () => unknown): SporeError {
  try {
    action()
  } catch (error) {
    if (isSporeError(error)) return error
    throw error
  }
  throw new Error("it was not refused")
}
