import type { Metric } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { CandidateSpec } from "../task-package/manifest.ts"
import {
  type CheatLanguage,
  javascriptCheats,
  javascriptNames,
  pythonCheats,
  pythonNames,
  shellCheats,
} from "./cheat-code.ts"

/** A candidate that tries to be scored without being good. */
export interface Cheat {
  name: string
  /** What it does, for people. */
  what: string
  files: FileTree
  /**
   * `no score`: it must not come out ok. `no gain`: it may, but with a score no better than the baseline's, since what
   * it gives can happen to be a valid and bad candidate.
   */
  expected: "no score" | "no gain"
  /** Whether it writes into the folders of every process it sees, and so is for a sandbox alone. */
  needsWalls?: true
}

export interface CheatsInit {
  candidate: CandidateSpec
  baseline: FileTree
  metric: Metric
  /** What the baseline scores. */
  baselineScore: number
  memoryMb: number
}

/** The cheats that fit a candidate's language. */
export function cheatsFor(init: CheatsInit): Cheat[] {
  const { candidate, baseline } = init
  const target = candidate.editable.includes(candidate.entry) ? candidate.entry : (candidate.editable[0] ?? "")
  const source = new TextDecoder().decode(baseline.get(target))
  const withText = (text: string): FileTree => new Map([...baseline, [target, new TextEncoder().encode(text)]])
  const empty: Cheat = { name: "empty", what: "an empty file", files: withText(""), expected: "no score" }
  if (/\.[cm]?js$/.test(target)) {
    return [empty, ...programs(javascriptCheats(init.metric.name), javascriptNames(source), init, withText)]
  }
  if (target.endsWith(".py")) {
    return [empty, ...programs(pythonCheats(init.metric.name), pythonNames(source), init, withText)]
  }
  if (target.endsWith(".sh")) return [empty, ...programs(shellCheats(init.metric.name), [], init, withText)]
  if (target.endsWith(".wasm")) {
    const half = new Map([...baseline, [target, baseline.get(target)?.subarray(0, 64) ?? new Uint8Array()]])
    return [empty, { name: "cut off", what: "the module's first 64 bytes", files: half, expected: "no score" }]
  }
  const garbage = withText("\u0000\ufffd)]}'\"\n")
  return [
    // of a language that is not known, nothing at all may be a valid candidate
    { ...empty, expected: target.endsWith(".json") ? "no score" : "no gain" },
    { name: "garbage", what: "bytes that mean nothing", files: garbage, expected: "no score" },
    ...data(source, withText),
  ]
}

function programs(
  cheats: CheatLanguage,
  names: readonly string[],
  init: CheatsInit,
  withText: (text: string) => FileTree,
): Cheat[] {
  const perfect = perfectScore(init)
  return [
    {
      name: "constant",
      what: `does no work and reports ${perfect}`,
      files: withText(cheats.claims(perfect, names)),
      expected: "no gain",
    },
    {
      name: "overwrites results",
      what: "writes its own results, from a daemon too",
      files: withText(cheats.overwrites(perfect, names)),
      expected: "no gain",
      needsWalls: true,
    },
    ...(["NaN", "Infinity", "-Infinity"] as const).map((value): Cheat => ({
      name: value,
      what: `gives ${value} for everything`,
      files: withText(cheats.gives(value, names)),
      expected: "no gain",
    })),
    { name: "endless loop", what: "never ends", files: withText(cheats.loops(names)), expected: "no score" },
    {
      name: "memory bomb",
      what: "takes more memory than it may",
      files: withText(cheats.takesMemory(Math.ceil(init.memoryMb * 1.5) + 64, names)),
      expected: "no score",
    },
  ]
}

/** Solutions and parameters: every number replaced by what no checker should take. */
function data(source: string, withText: (text: string) => FileTree): Cheat[] {
  if (!/\d/.test(source)) return []
  const numbers = /-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b/g
  const values: [name: string, text: string, expected: Cheat["expected"]][] = [
    ["NaN", "NaN", "no score"],
    ["Infinity", "1e999", "no score"],
    ["-Infinity", "-1e999", "no score"],
    ["null", "null", "no score"],
    ["huge numbers", "1e300", "no gain"],
  ]
  return values.map(([name, text, expected]) => ({
    name,
    what: `${text} in place of every number`,
    files: withText(source.replaceAll(numbers, text)),
    expected,
  }))
}

/** A score that nothing honest reaches: the metric's best bound, or far beyond the baseline. */
function perfectScore({ metric, baselineScore }: CheatsInit): number {
  const bound = metric.goal === "minimize" ? metric.min : metric.max
  if (bound !== null) return bound
  const far = 10 * (Math.abs(baselineScore) + 1)
  return metric.goal === "minimize" ? -far : far
}
