import { endWords, spendingWords } from "@spore/api/views"
import type { ControlRow, ExperimentRow, RerunRow } from "@spore/dag"
import type { Activity, Notice } from "@spore/node"
import { count, formatDuration, formatMeasured, formatPercent, formatValue, gain, tilde } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { shortId, shortNode } from "../ids.ts"
import { wordsOf } from "../output/verdict.ts"
import { whyNoVote } from "../output/votes.ts"
import type { SeenExperiment, Summary } from "./run-event.ts"

/** How an experiment ended, in a word. */
export function resultWord({ status, outcome }: ExperimentRow): string {
  return status === "crash" ? outcome : status
}

export const MARKS: Readonly<Record<ExperimentRow["status"], string>> = {
  keep: "●",
  discard: "○",
  crash: "×",
  unranked: "◌",
  withheld: "·",
}

/** Whether it was better than what it changed, and discarded all the same: by less than the task counts as better. */
export function isBelowLeastGain({ row, parentValue, goal }: SeenExperiment): boolean {
  return row.status === "discard" && (gain(row.value, parentValue, goal) ?? 0) > 0
}

/** An experiment's result as a sentence, for plain lines. */
export function experimentSentence(experiment: SeenExperiment): string {
  const { row, metric, taskName, baseline, parentValue, goal, minEffect, own } = experiment
  const parts = [`${own ? "finished" : `from ${shortNode(row.author)}`} ${shortId(row.id)} of ${plain(taskName)}`]
  parts.push(`${resultWord(row)}${isBelowLeastGain(experiment) ? " (below least gain)" : ""}: ${plain(row.title)}`)
  if (row.value !== null) parts.push(`${plain(metric)} ${formatMeasured(row.value, row.error, minEffect)}`)
  if (row.parent !== null && row.value !== null) {
    parts.push(`gain ${formatPercent(gain(row.value, baseline, goal))} on the baseline`)
    parts.push(`${formatPercent(gain(row.value, parentValue, goal))} on what it changed`)
  }
  if (row.voters > 0) parts.push(wordsOf(row))
  return parts.join(", ")
}

/** A rerun as a sentence. */
export function rerunSentence(rerun: RerunRow, experiment: SeenExperiment, own: boolean): string {
  const { row, metric, taskName, minEffect } = experiment
  const by = own ? "this node" : shortNode(rerun.author)
  const result = rerun.outcome === "ok" ? `${plain(metric)} ${formatValue(rerun.value, minEffect)}` : rerun.outcome
  const claim = row.claim === null ? "" : ` (claim ${formatValue(row.claim, minEffect)})`
  const why = whyNoVote(rerun, row)
  const vote = why === null ? wordsOf(row) : `no vote (${why})`
  return `rerun of ${shortId(row.id)} of ${plain(taskName)} by ${by}: ${result}${claim}, ${vote}: ${plain(row.title)}`
}

/** A challenge or dispute as a sentence. */
export function controlSentence(control: ControlRow, { row, taskName }: SeenExperiment): string {
  const by = shortNode(control.author)
  const what =
    control.kind === "challenge"
      ? `challenged by ${by}, more reruns are asked for`
      : `${control.outcome}, remarks ${by}`
  return `claim ${shortId(row.id)} of ${plain(taskName)} ${what}; it is ${wordsOf(row)}: ${plain(row.title)}`
}

/** What a worker is about. */
export function activitySentence({ kind, title, taskName, experiment }: Activity): string {
  if (kind === "proposal") return `asking ${plain(title)} what to try on ${plain(taskName)}`
  const what = kind === "experiment" ? "experiment" : `rerun of ${experiment === null ? "?" : shortId(experiment)}`
  return `${what} of ${plain(taskName)}: ${plain(title)}`
}

/** What an experiment or proposal builds on, and why that; empty for baselines and reruns. */
export function reasonSentence({ parent }: Activity): string {
  return parent === null ? "" : `on ${shortId(parent.id)} ${plain(parent.title)}: ${plain(parent.reason)}`
}

/** Why research ended by itself. */
export function endSentence(research: Summary["research"]): string {
  return research === null ? "research ended" : `research ended: ${endWords(research)}`
}

/** What to do after a run that left something to look at. */
function nextLines({ experiments, place }: Summary): string[] {
  return experiments === 0 || place === null ? [] : [`next: spore graph --task ${plain(place.task.name)}`]
}

/** @param goesOn whether another version goes on in its place */
export function farewellLines(summary: Summary, goesOn: boolean): string[] {
  const sentence = `after ${formatDuration(summary.seconds)}: ${summarySentence(summary)}`
  if (goesOn) return [`ended for the other version ${sentence}`]
  return [
    `stopped ${sentence}`,
    `data in ${tilde(summary.dataDir)}; the same command continues there`,
    ...nextLines(summary),
  ]
}

/** Whether a notice says that the run ends and another version goes on in its place. */
export function tellsOfSwitch({ code }: Pick<Notice, "code">): boolean {
  return code === "update_switching"
}

/** What a run came to, in one line. */
export function summarySentence(summary: Summary): string {
  const { experiments, kept, reruns: rerunCount, place, research } = summary
  const spent = research === null ? [] : spendingWords(research.spent)
  const did = [
    `${count(experiments, "experiment")} (${kept} kept) and ${count(rerunCount, "rerun")}`,
    ...(spent.length === 0 ? [] : [`for ${spent.join(", ")}`]),
  ].join(" ")
  const standing = place?.standing ?? null
  const best = standing?.best ?? null
  if (place === null || standing === null || best === null) return `${did} in this run`
  const { name, goal, minEffect } = place.task.terms.metric
  const value = `${did} in this run; best ${plain(name)} ${formatMeasured(best.value, best.error, minEffect)}`
  if (best.parent === null) return `${value}, the baseline`
  const percent = formatPercent(gain(best.value, standing.baseline, goal))
  return `${value} (gain ${percent} on the baseline, ${wordsOf(best)})`
}
