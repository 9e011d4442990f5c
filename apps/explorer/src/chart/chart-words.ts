import { type Metric, verdictWords } from "@spore/api/client"
import { formatCount } from "../lib/format.ts"
import { standingWords, STATUS_WORDS, valueWords } from "../lib/words.ts"
import type { Facts } from "./layers.ts"
import type { GraphModel, Point } from "./model.ts"

/** What a chart shows, for those who cannot see it. */
export function chartSummary(model: GraphModel, { counts }: Facts, metric: Metric): string {
  return `Chart of ${metric.name} over ${formatCount(model.count)} experiments, ${formatCount(counts.kept)} kept.`
}

export function spokenPoint(point: Point, metric: Metric): string {
  const value = point.value === null ? "no score" : `${metric.name} ${valueWords(point, metric)}`
  const standing = standingWords(point) || STATUS_WORDS[point.status]
  return `Experiment ${point.number}: ${value}, ${standing}, ${verdictWords(point)}`
}
