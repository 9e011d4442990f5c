import { hardwareClass } from "@spore/records"
import { judgeOf, TASK_FILE } from "@spore/runner"
import { count, formatValue } from "../output/format.ts"
import { plain } from "../output/plain.ts"
import { programPath } from "../research/program-file.ts"
import { inferredLines } from "../tasks/stated-package.ts"
import type { Adopted, Asked, Plan } from "./adopt.ts"
import { type History, RESULTS } from "./history.ts"

const LISTED = 5

/** What the folder is taken for, and every choice with its flag. */
export function planLines(plan: Plan, folder: string): string[] {
  const { kind, leftOut, baselineCommit, needs } = plan
  return [
    `${plain(folder)} is ${kind}; the task ${plan.package.name}:`,
    ...inferredLines(plan.package),
    ...(leftOut.length === 0 ? [] : [`  left out    ${listed(leftOut)} (--leave-out)`]),
    ...(baselineCommit === null
      ? []
      : [`  baseline    the code of ${baselineCommit}, the first row of ${RESULTS} (--history none: as it lies)`]),
    ...historyLines(plan),
    ...needs.map(({ what, next }) => `may keep it from running: ${what}; ${next}`),
  ].map(plain)
}

/** What was done, and what to do now. */
export function adoptedLines({ plan, task, trial, signed, program }: Adopted, asked: Asked, dataDir: string): string[] {
  const { name, metric, evaluator, replay, classKeys } = plan.package
  const word = commandWord(name) ?? task.id
  const lines: string[] = []
  if (trial !== null) {
    const score = formatValue(trial.score, metric.minEffect)
    lines.push(`baseline ${metric.name} ${score} here, in ${trial.seconds.toFixed(1)} s, in ${trial.sandbox}`)
  }
  if (!task.created) lines.push(`${name} is known with exactly this content`)
  else if (task.supersedes !== null) lines.push(`${name} supersedes ${task.supersedes}`)
  if (signed !== null) {
    const { stored, known, env, notCompared } = signed
    const of = classKeys.length === 0 ? `${env.arch} ${env.os}` : hardwareClass(env, classKeys)
    lines.push(
      stored === 0
        ? `${count(known, "experiment")} of ${RESULTS} known: nothing to sign`
        : `${count(stored, "experiment")} signed${known === 0 ? "" : `, ${known} known`}, as measured by you on this machine: ${of}`,
    )
    if (stored > 0 && notCompared !== null)
      lines.push(`that this machine reaches what ${RESULTS} says was not tried: ${notCompared}`)
  } else if (plan.history !== null && plan.history.rows.length > 0 && asked.history === undefined) {
    lines.push(
      `${RESULTS} is not signed: a record says that you measured it on this machine, and only you know that`,
      `where you did: spore adopt ${commandWord(asked.folder) ?? "<folder>"} --history own`,
    )
  }
  if (program === "copied")
    lines.push(`program.md copied to ${programPath(dataDir)}: proposers are told what it says, so read it`)
  if (program === "kept") lines.push(`program.md is not copied: ${programPath(dataDir)} is there already, and stays`)
  if (program === "too_large") lines.push("program.md is not copied: it is larger than 16 KiB")
  if (asked.write) lines.push(`${TASK_FILE} is in the folder`)
  if (task.created && judgeOf(evaluator, replay) === "shared") {
    lines.push("judge and candidate share a sandbox, so results can be forged: docs/evaluators.md")
  }
  lines.push(`next: spore task use ${word}`, `      spore run --task ${word}`, `      spore graph --task ${word}`)
  return lines.map(plain)
}

export function planJson(plan: Plan): object {
  const { kind, package: taskPackage, leftOut, baselineCommit, needs, history, historyFault } = plan
  return {
    kind,
    package: taskPackage,
    left_out: leftOut,
    baseline_commit: baselineCommit,
    needs,
    history:
      history === null
        ? null
        : {
            rows: history.rows.map(({ commit, value, status, description, from }) => ({
              commit,
              value,
              status,
              description,
              from: from ?? null,
            })),
            left: history.left,
          },
    history_fault: historyFault,
  }
}

export function adoptedJson({ plan, task, trial, signed, program }: Adopted): object {
  return {
    id: task.id,
    name: plan.package.name,
    created: task.created,
    supersedes: task.supersedes,
    ...planJson(plan),
    trial,
    signed:
      signed === null
        ? null
        : { stored: signed.stored, known: signed.known, env: signed.env, not_compared: signed.notCompared },
    program,
  }
}

function historyLines({ history, historyFault }: Plan): string[] {
  if (historyFault !== null) return [`  history     none: ${historyFault}`]
  if (history === null) return []
  const { rows, left } = history
  const kept = rows.filter(({ status }) => status === "keep").length
  const crashed = rows.filter(({ value }) => value === null).length
  const byGit = rows.filter(({ from }) => typeof from === "string").length
  return [
    `  history     ${count(rows.length, "row")} of ${RESULTS} with code: ${kept} kept, ${crashed} crashed; of ${byGit} git knows the parent`,
    ...leftLines(left),
  ]
}

function leftLines(left: History["left"]): string[] {
  const more = left.length - LISTED
  return [
    ...left.slice(0, LISTED).map(({ commit, reason }) => `  row left    ${commit}: ${reason}`),
    ...(more > 0 ? [`  row left    and ${more} more`] : []),
  ]
}

function listed(names: readonly string[]): string {
  const more = names.length - LISTED
  return `${names.slice(0, LISTED).join(", ")}${more > 0 ? ` and ${more} more` : ""}`
}

/** A word that a shell takes as it is; null where it would make something else of it. */
function commandWord(text: string): string | null {
  return /^[\w./~+][\w./~+-]*$/.test(text) ? text : null
}
