import { temporaryFolder } from "@spore/testkit"
import { createHash } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { describe, expect, test } from "vitest"
import { bundledPackage, createBench, evaluateApart, layOut, type Package, replaced, run, textOf } from "./bench.ts"
import { describeIsolatedWith } from "./tools.ts"

const STREAMS = 96

/** The package with limits that no candidate can change: few held-out bytes, and seconds where it has minutes. */
async function shortened(
  { rounds = 2, seconds = 60, starting = 5, predicting = 150 },
  candidate?: string,
): Promise<Package> {
  const whole = await bundledPackage("nanogpt-train")
  return bundledPackage("nanogpt-train", {
    "spore.task.json": replaced(textOf(whole, "spore.task.json"), { '"value": 300': `"value": ${seconds}` }),
    "evaluator.py": replaced(textOf(whole, "evaluator.py"), {
      "START_SECONDS = 5": `START_SECONDS = ${starting}`,
      "PREDICTION_SECONDS = 150": `PREDICTION_SECONDS = ${predicting}`,
    }),
    "heldout.txt": (whole.bundle.get("heldout.txt") ?? new Uint8Array()).subarray(0, STREAMS * rounds),
    "train.py": candidate ?? textOf(whole, "train.py"),
  })
}

/** A candidate that needs no torch: it knows nothing, and says so. `first` runs before it predicts. */
const ignorant = ({ first = "", predict = "return numpy.zeros((task.streams, 256))", report = "{}" } = {}): string => `
import prepare
task = prepare.start()
import numpy, os, pathlib, sys, time
${first}
def predict(seen):
    ${predict}
prepare.answer(task, predict, ${report})
`

describeIsolatedWith("python3-torch", "nanogpt-train in a sandbox", (sandbox) => {
  test("the baseline learns, reads on when its context is full, and is the same again for the same seed", async () => {
    const whole = textOf(await bundledPackage("nanogpt-train"), "train.py")
    const small = replaced(whole, {
      "WIDTH = 96": "WIDTH = 32",
      "CONTEXT = 64": "CONTEXT = 16",
      "BATCH = 16": "BATCH = 8",
      "LEARNING_RATE = 0.001": "LEARNING_RATE = 0.02",
      // 42 steps, whatever the time
      "EPOCHS = 20": "EPOCHS = 0.005",
    })
    await using bench = await createBench(sandbox(), await shortened({ rounds: 40, seconds: 120 }, small))
    const first = await bench.evaluate()
    expect(first, `${first.detail}\n${first.log}`).toMatchObject({ outcome: "ok", judge: "separate" })
    expect(first.scores[0]).toBeGreaterThan(2.5)
    expect(first.scores[0]).toBeLessThan(6)
    expect(first.metrics).toMatchObject({ val_bpb: first.scores[0], num_steps: 43, depth: 2, peak_vram_mb: 0 })
    expect(first.feedback).toMatch(/^val_bpb \d\.\d{4} on 3840 bytes, after \d+ s of training \(43 steps/)
    expect(first.log).toMatch(/^---\nval_bpb: \d\.\d{6}\ntraining_seconds: /m)
    expect((await bench.evaluate()).scores).toEqual(first.scores)
  })

  test("who knows nothing pays eight bits for a byte, whatever it reports and writes", async () => {
    const first = `
claims = {"metrics.json": '{"combined_score": 0.1}', "correct.json": '{"correct": true, "error": null}'}
for folder in (".", "..", os.environ.get("SPORE_OUTPUT_DIR", "."), "/work/out", "/work/candidates", "/tmp"):
    for name, text in claims.items():
        try:
            pathlib.Path(folder, name).write_text(text)
        except OSError:
            pass
found = [str(path) for path in pathlib.Path("/work").rglob("*") if "heldout" in path.name or "evaluator" in path.name]
print("step 00001 (50.0%) | loss: 0.1000 | remaining: 1s")
print("---\\nval_bpb: 0.100000")
print("found", found, "sees", sorted(os.listdir(".")), file=sys.stderr)`
    const report = '{"val_bpb": 0.1, "num_steps": 7, "depth": float("nan"), "combined_score": 0.1}'
    const result = await evaluateApart(sandbox(), await shortened({}, ignorant({ first, report })))
    expect(result, `detail: ${result.detail}`).toMatchObject({ outcome: "ok", scores: [8], steps: 7 })
    expect(result.metrics).toMatchObject({ val_bpb: 8, num_steps: 7 })
    expect(Object.keys(result.metrics).toSorted()).toEqual([
      "num_steps",
      "total_seconds",
      "training_seconds",
      "val_bpb",
    ])
    expect(result.log).toContain("found [] sees ['prepare.py', 'train.py', 'train.txt.gz']")
    expect(result.log).not.toContain("val_bpb: 0.1")
  })

  test("it is told its seconds at this machine's share of time, its seed, and not to compile", async () => {
    const first = "print(task.seconds, task.seed, task.compile, task.streams, task.rounds, file=sys.stderr)"
    const files = await shortened({}, ignorant({ first }))
    const result = await evaluateApart(sandbox(), files, { resource: 50, jobEnv: { SPORE_DISABLE_COMPILE: "1" } })
    expect(result.log).toContain("120.0 1000 False 96 2")
    expect(result.scores).toEqual([8])
    expect((await evaluateApart(sandbox(), files)).log).toContain("60.0 1000 True 96 2")
  })

  test.each<[name: string, candidate: string, said: RegExp]>([
    [
      "predicts NaN",
      ignorant({ predict: "return numpy.full((96, 256), numpy.nan)" }),
      /^a predicted score is not a finite/,
    ],
    [
      "is infinitely sure",
      ignorant({ predict: "return numpy.full((96, 256), -numpy.inf)" }),
      /^a predicted score is not/,
    ],
    [
      "predicts too little",
      ignorant({ predict: "return numpy.zeros((95, 256))" }),
      /^ended before its last prediction: .*shape/,
    ],
    ["fails", ignorant({ first: "raise ValueError('no good')" }), /^ended before its last prediction: .*no good/],
    ["lacks a module", ignorant({ first: "import flash_attention" }), /No module named 'flash_attention'/],
    ["is done at once", "", /^ended before its last prediction/],
    ["reports nonsense", ignorant({ report: '{"depth": "deep"}' }), /^its report is no object of numbers$/],
    [
      "prints one endless line",
      ignorant({ first: "while True: sys.stdout.write('x' * 4096)" }),
      /^printed a line of more than/,
    ],
    ["prints endless lines", ignorant({ first: "while True: print('x')" }), /^printed more than \d+ lines$/],
  ])("a candidate that %s has no score", async (_, candidate, said) => {
    const result = await evaluateApart(sandbox(), await shortened({}, candidate))
    expect(result).toMatchObject({ outcome: "incorrect", scores: [] })
    expect(result.detail).toMatch(said)
  })

  test.each<[name: string, limits: Parameters<typeof shortened>[0], candidate: string, said: RegExp]>([
    [
      "never ends",
      { seconds: 1, starting: 1, predicting: 1 },
      ignorant({ first: "while True: pass" }),
      /^ended before its last prediction: not finished after/,
    ],
    [
      "waits to see the bytes before it predicts them",
      { seconds: 1, starting: 1, predicting: 2 },
      ignorant({ predict: "sys.stdin.buffer.read(96)" }),
      /^ended before its last prediction: not finished after/,
    ],
    [
      "trains for too long",
      { seconds: 1, starting: 1 },
      ignorant({ first: "time.sleep(2)" }),
      /^training took \d+\.\d s, 2\.0 s are allowed$/,
    ],
    [
      "says that it is done with training, and goes on",
      { seconds: 1, starting: 1 },
      ignorant({ predict: "time.sleep(2); return numpy.zeros((96, 256))" }),
      /^training took \d+\.\d s, 2\.0 s are allowed$/,
    ],
    [
      "takes its time to predict",
      { predicting: 1 },
      ignorant({ predict: "time.sleep(2); return numpy.zeros((96, 256))" }),
      /^predicting took \d+\.\d s, 1\.0 s are allowed$/,
    ],
  ])("a candidate that %s has no score", async (_, limits, candidate, said) => {
    const result = await evaluateApart(sandbox(), await shortened(limits, candidate))
    expect(result).toMatchObject({ outcome: "incorrect", scores: [] })
    expect(result.detail).toMatch(said)
  })
})

describe("prepare.py", () => {
  test("makes a package with another text, whose checksum must be right", async () => {
    await using folder = await temporaryFolder()
    const [own, other, text] = ["own", "other", "Text.txt"].map((name) => join(folder.path, name))
    if (own === undefined || other === undefined || text === undefined) throw new Error("no folder")
    await layOut(await shortened({ rounds: 1 }), own)
    const content = Buffer.from("All happy families are alike. ".repeat(50))
    await writeFile(text, content)
    const make = (sha256: string): ReturnType<typeof run> =>
      run("python3", ["prepare.py", other, "--text", text, "--sha256", sha256], own)

    const refused = await make("0".repeat(64))
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain(`its sha-256 is ${createHash("sha256").update(content).digest("hex")}, not 000`)

    const made = await make(createHash("sha256").update(content).digest("hex"))
    expect(made).toMatchObject({ exitCode: 0, stdout: `made ${other}: 1500 bytes, 96 of them held out\n` })
    expect(gunzipSync(await readFile(join(other, "train.txt.gz")))).toEqual(content.subarray(0, -96))
    expect(await readFile(join(other, "heldout.txt"))).toEqual(content.subarray(-96))
    expect(await readFile(join(other, "spore.task.json"), "utf8")).toContain('"name": "nanogpt-text"')
    expect(await readFile(join(other, "train.py"))).toEqual(await readFile(join(own, "train.py")))
  })
})
