import type { StdoutEvaluator } from "../task-package/manifest.ts"
import { oneLine, tellingLine, utf8Tail } from "../text.ts"
import { ADAPTERS, adapterFiles } from "./adapter-files.ts"
import type { Evaluator } from "./evaluator.ts"
import { scored } from "./results.ts"

/** A script that pi-autoresearch runs after each benchmark that succeeded; where it fails, there is no score. */
export const CHECKS_FILE = "autoresearch.checks.sh"

const CHECKS_FAILED = "checks-failed"
const FEEDBACK_BYTES = 4 * 1024
const NUMBER = /^(?:[-+]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:e[-+]?\d{1,5})?|[-+]?inf(?:inity)?|nan)$/i
const NAME = /^[A-Za-z_][\w.µ/%-]{0,63}$/

/** A command that prints its results, in a writable copy of the package. */
export function createStdoutEvaluator(spec: StdoutEvaluator): Evaluator {
  return {
    judge: "shared",
    stages: [],
    files: adapterFiles("in-copy.sh"),
    plan: ({ package: { candidate }, files, paths }) => ({
      cmd: [
        "sh",
        `${paths.inputs}/${ADAPTERS}/in-copy.sh`,
        files.has(CHECKS_FILE) ? CHECKS_FILE : "",
        paths.outputs,
        ...spec.cmd.map((part) => part.replaceAll("{program}", candidate.entry)),
      ],
    }),
    read: async ({ job, outputs, metric }) => {
      const feedback = utf8Tail(job.outputTail, FEEDBACK_BYTES)
      if (job.outcome !== "ok") return { outcome: "crash", detail: job.detail, feedback }
      if (outputs.files.has(CHECKS_FAILED)) {
        const detail = oneLine(`${CHECKS_FILE} failed: ${tellingLine(job.outputTail)}`)
        return { outcome: "incorrect", detail, feedback }
      }
      const printed = readPrinted(job.outputTail)
      const name = spec.score ?? metric.name
      const score = printed.get(name)
      if (score === undefined) return { outcome: "incorrect", detail: `no ${name} was printed`, feedback }
      printed.delete(name)
      return scored({ score, metrics: Object.fromEntries(printed), feedback }, metric)
    },
  }
}

/**
 * The numbers that a program printed: `METRIC name=number`, each name's last, and the `name: number` lines of the last
 * block after a line `---`. `nan` and `inf` are what they say.
 */
export function readPrinted(output: string): Map<string, number> {
  const metrics = new Map<string, number>()
  let last = new Map<string, number>()
  let block: Map<string, number> | null = null
  for (const line of output.split(/[\r\n]+/).map((text) => text.trim())) {
    const [, metric = "", metricValue = ""] = /^METRIC ([^\s=]{1,64}) ?= ?(\S{1,500})$/.exec(line) ?? []
    const [, key = "", value = ""] = /^([^\s:]{1,64}): {0,100}(\S{1,500})$/.exec(line) ?? []
    if (line === "---") block = new Map()
    else if (isPair(metric, metricValue)) metrics.set(metric, numberOf(metricValue))
    else if (block !== null && isPair(key, value)) last = block.set(key, numberOf(value))
    else if (line !== "") block = null
  }
  return new Map([...metrics, ...last])
}

function isPair(name: string, value: string): boolean {
  return NAME.test(name) && NUMBER.test(value)
}

function numberOf(text: string): number {
  if (/nan/i.test(text)) return Number.NaN
  if (/inf/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity
  return Number(text)
}
