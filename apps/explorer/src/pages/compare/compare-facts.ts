import type { ExperimentDetail } from "@spore/api/client"
import { formatCount, formatSeconds, formatTime, formatValue } from "../../lib/format.ts"
import { className, OUTCOME_WORDS } from "../../lib/words.ts"
import { environmentRows, formatMeasurement } from "../experiment/measurements.ts"

/** A fact of each of two experiments. */
export interface ComparedFact {
  readonly group: "Measured" | "Where" | "Proposal"
  readonly name: string
  readonly a: string
  readonly b: string
}

type Facts = readonly (readonly [group: ComparedFact["group"], name: string, value: string])[]

/** The facts of two experiments beside each other, in the order of either. */
export function compareFacts(a: ExperimentDetail, b: ExperimentDetail): ComparedFact[] {
  const [ofA, ofB] = [factsOf(a), factsOf(b)]
  const keys = new Map([...ofA, ...ofB].map(([group, name]) => [`${group} ${name}`, { group, name }]))
  const order = ["Measured", "Where", "Proposal"]
  return [...keys]
    .map(([key, { group, name }]): ComparedFact => ({ group, name, a: valueIn(ofA, key), b: valueIn(ofB, key) }))
    .toSorted((x, y) => order.indexOf(x.group) - order.indexOf(y.group))
}

function valueIn(facts: Facts, key: string): string {
  return facts.find(([group, name]) => `${group} ${name}` === key)?.[2] ?? "–"
}

function factsOf(experiment: ExperimentDetail): Facts {
  const { run, env, signed_fields: fields, metric } = experiment
  const signed: Facts = Object.entries(fields ?? {}).map(([name, value]) => ["Measured", name, String(value ?? "–")])
  const measured: Facts =
    run === null
      ? signed
      : [
          ["Measured", "outcome", OUTCOME_WORDS[run.outcome]],
          ["Measured", "scores", run.scores.map((score) => formatValue(score, metric)).join(" ") || "none"],
          ...Object.entries(run.metrics).map(
            ([name, value]) => ["Measured", name, formatMeasurement(value)] satisfies Facts[number],
          ),
          ["Measured", "wall time", formatSeconds(run.seconds)],
          ["Measured", "steps", run.steps === null ? "–" : formatCount(run.steps)],
          [
            "Measured",
            "peak memory",
            run.peak_memory_mb === null ? "–" : `${formatCount(Math.round(run.peak_memory_mb))} MiB`,
          ],
        ]
  const where: Facts = (env === null ? [] : environmentRows(env)).map(({ name, value }) => [
    "Where",
    name.toLowerCase(),
    value,
  ])
  return [
    ...measured,
    ["Where", "hardware class", className(experiment.class)],
    ...where,
    ["Proposal", "agent", experiment.agent === "" ? "nobody named" : experiment.agent],
    ["Proposal", "hypothesis", experiment.hypothesis === "" ? "none" : experiment.hypothesis],
    ["Proposal", "made", formatTime(experiment.created)],
  ]
}
