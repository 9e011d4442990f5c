import { median, type Row, row } from "@spore/figures"
import { createTuner } from "@spore/research"
import { mkdir, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Curves, curvesSvg, writePicture } from "../research/chart.ts"
import { type Lab, openLabs, type Shortening } from "../research/lab.ts"
import { randomChanges, randomSearch } from "../research/random-search.ts"
import { search, type SearchInit } from "../research/search.ts"

/** Experiments of one search, with the baseline. */
const EXPERIMENTS = { "char-lm": 50, "circle-packing": 50 }
const QUICK = { "char-lm": 4, "circle-packing": 10 }
/**
 * A tenth of the steps of `char-lm` and a quarter of its held-out text: with the whole, three methods and five seeds take
 * a day of processor time.
 */
const SHORTENED: Readonly<Record<string, Shortening>> = {
  "char-lm": { steps: 100, text: { path: "heldout.txt", bytes: 24_576 } },
}
const SEEDS = 5
const QUICK_SEEDS = 2
/** https://erich-friedman.github.io/packing/cirRsqu, and others since. */
const BEST_PUBLISHED = { "char-lm": null, "circle-packing": 2.63598325 }

const OPTIONS = ["quick", "full", "cache", "out", "workers", "task", "beside", "seed", "experiments"]

type TaskName = keyof typeof EXPERIMENTS

type Method = () => Pick<SearchInit, "proposer" | "fromBest">

const METHODS = {
  tuner: () => ({ proposer: createTuner() }),
  random: () => ({ proposer: randomSearch(), fromBest: true }),
  changes: () => ({ proposer: randomChanges(), fromBest: true }),
} satisfies Record<string, Method>

interface Options {
  readonly quick: boolean
  /** Where evaluations are kept, so that an interrupted bench goes on. */
  readonly cache: string
  /** Where pictures and figures go. */
  readonly out: string
  readonly tasks: readonly string[]
  /** The tuner, and what it is compared with. */
  readonly methods: readonly Method[]
  /** Of the first search of each method. */
  readonly seed: number
  /** Of one search, with the baseline; null: as many as the task is given here. */
  readonly experiments: number | null
  /** Searches side by side. */
  readonly workers: number
  /** Runs as long as their task has them. */
  readonly full: boolean
}

/**
 * The tuner beside random search with as many experiments, on the bundled tasks with marked constants, from real
 * evaluations. `research:quick` for a short look; `research:full` for runs of `char-lm` as long as the task has them;
 * `research:cache=FOLDER,out=FOLDER,workers=N,task=NAME,beside=random,seed=N,experiments=N` to go on from what a folder
 * holds, for where the pictures go, for N searches at a time (2), for one task alone, for random search alone beside the
 * tuner, for seeds from N on, and for searches of N experiments.
 */
export async function research(argument: string | undefined): Promise<Row[]> {
  const options = parseOptions(argument)
  const [sizes, count] = options.quick ? [QUICK, QUICK_SEEDS] : [EXPERIMENTS, SEEDS]
  const seeds = Array.from({ length: count }, (_, i) => options.seed + i)
  const labs = await openLabs(options.tasks, options.cache, options.full ? {} : SHORTENED)
  const { methods } = options
  const found = new Map(labs.map((lab) => [lab, methods.map((): number[][] => [])]))
  const searches = labs.toReversed().flatMap((lab) =>
    methods.flatMap((method, m) =>
      seeds.map((seed, i) => async () => {
        const { name } = lab.task
        const init = { ...method(), experiments: options.experiments ?? sizes[nameOf(lab)], seed }
        const curve = await search(lab, init)
        const curves = found.get(lab)?.[m]
        if (curves !== undefined) curves[i] = curve
        process.stderr.write(`research: ${name}, ${init.proposer.name}, seed ${seed}: ${curve.at(-1)}\n`)
      }),
    ),
  )
  await sideBySide(searches, options.workers)
  await mkdir(options.out, { recursive: true })
  const rows: Row[] = []
  for (const [lab, curves] of found) {
    const all = methods.map((method, m) => ({ method: method().proposer.name, curves: curves[m] ?? [] }))
    await report(lab, all, options)
    rows.push(...rowsOf(lab, all))
  }
  process.stderr.write(`research: pictures and figures are in ${options.out}\n`)
  return rows
}

function parseOptions(argument = ""): Options {
  const words = argument.split(",").filter((word) => word !== "")
  const given = new Map(words.map((word) => [word.split("=")[0] ?? "", word.slice(word.indexOf("=") + 1)]))
  const unknown = [...given.keys()].find((name) => !OPTIONS.includes(name))
  if (unknown !== undefined) throw new TypeError(`no option ${unknown}; there are ${OPTIONS.join(", ")}`)
  const cache = given.get("cache") ?? join(tmpdir(), "spore-bench-research")
  const workers = wholeNumber("workers", given.get("workers") ?? "2", 1)
  const seed = wholeNumber("seed", given.get("seed") ?? "1", 1)
  const asked = given.get("experiments")
  const experiments = asked === undefined ? null : wholeNumber("experiments", asked, 2)
  const all = Object.keys(EXPERIMENTS)
  const tasks = all.filter((name) => name === (given.get("task") ?? name))
  if (tasks.length === 0) throw new TypeError(`task is to be one of ${all.join(" and ")}`)
  const { tuner, ...others } = METHODS
  const beside = Object.entries(others).filter(([name]) => name === (given.get("beside") ?? name))
  if (beside.length === 0) throw new TypeError(`beside is to be one of ${Object.keys(others).join(" and ")}`)
  const methods = [tuner, ...beside.map(([, method]) => method)]
  const [quick, full] = [given.has("quick"), given.has("full")]
  return { tasks, methods, seed, experiments, quick, full, cache, out: given.get("out") ?? join(cache, "out"), workers }
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < least) throw new TypeError(`${name} is to be a whole number from ${least}`)
  return value
}

async function sideBySide(tasks: readonly (() => Promise<void>)[], workers: number): Promise<void> {
  const left = tasks.values()
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (const task of left) await task()
    }),
  )
}

async function report(lab: Lab, methods: readonly Curves[], { out, full }: Options): Promise<void> {
  const { name, record } = lab.task
  const { metric } = record.body
  const best = BEST_PUBLISHED[nameOf(lab)]
  const shortening = full ? undefined : SHORTENED[name]
  const json = {
    task: name,
    id: record.id,
    ...(shortening === undefined ? {} : { steps: shortening.steps, heldOut: shortening.text.bytes }),
    metric: metric.name,
    goal: metric.goal,
    bestPublished: best,
    methods,
  }
  await writeFile(join(out, `${name}.json`), `${JSON.stringify(json, null, 2)}\n`)
  await writePicture(curvesSvg({ title: name, metric: metric.name, best, methods }), join(out, name))
}

function rowsOf(lab: Lab, [tuner, ...others]: readonly Curves[]): Row[] {
  const { name, record } = lab.task
  const maximize = record.body.metric.goal === "maximize"
  const ours = last(tuner)
  const experiments = tuner?.curves[0]?.length ?? 0
  const beaten = others.map((other) =>
    row("research", `${name}: best of ${experiments}, tuner beside ${other.method}`, "", median(ours), {
      limit: median(last(other)),
      bar: {
        text: maximize ? "above it" : "below it",
        holds: (value) => (maximize ? value > median(last(other)) : value < median(last(other))),
      },
    }),
  )
  const best = BEST_PUBLISHED[nameOf(lab)]
  if (best === null) return beaten
  const reached = maximize ? Math.max(...ours) : Math.min(...ours)
  return [...beaten, row("research", `${name}: tuner's best beside the best published`, "", reached, { limit: best })]
}

function last(of: Curves | undefined): number[] {
  return of?.curves.map((curve) => curve.at(-1) ?? Number.NaN) ?? []
}

function nameOf({ task }: Lab): TaskName {
  return task.name === "char-lm" ? "char-lm" : "circle-packing"
}
