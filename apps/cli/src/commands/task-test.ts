import { resolve } from "node:path"
import { type CheatRun, readTaskFolder, type Sandbox, type TaskPackage, type TaskTestReport } from "@spore/runner"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { count, formatDuration, formatMeasured, formatValue } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { wrap } from "../output/text-width.ts"
import { openTestBench } from "../tasks/test-bench.ts"

const optionsSchema = z.object({ runs: z.number().default(5), unsandboxed: z.literal("own").optional() })

/** Runs a task package's baseline and the cheats that fit it; fails where the task is not fit to be published. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const { json, output } = context
  const { runs, unsandboxed } = optionsSchema.parse(options)
  const { package: taskPackage, files } = await readTaskFolder(resolve(args[0] ?? "."))
  const { dim } = output.colours
  const bench = await openTestBench(context, { unsandboxed: unsandboxed === "own" })
  const { report, isInterrupted } = await bench.test({
    package: taskPackage,
    files,
    runs,
    onStep: ({ what, done, total, atMost }) => {
      const name = what === "baseline" ? "baseline" : `cheat: ${what}`
      if (!json) output.tell(dim(`${name}, ${done + 1} of ${total}, at most ${formatDuration(atMost)}`))
    },
  })
  if (json) output.print(safeJson({ ...report, sandbox: bench.sandbox.backend }))
  else printReport(bench.sandbox)
  if (isInterrupted) throw cliError("interrupted", "the test was interrupted")
  if (!report.passed) {
    const problems = json ? `: ${report.problems[0] ?? ""}` : ""
    throw cliError("task_unfit", `${taskPackage.name} is not fit to be published${problems}`, {
      next: "mend what is called a problem, and test again: docs/tasks.md",
    })
  }

  /** Wrapped on a terminal; elsewhere one line, to be searched. */
  function lines(text: string): string[] {
    return output.isTerminal ? wrap(plain(text), output.size().columns) : [plain(text)]
  }

  function printReport({ backend }: Sandbox): void {
    const { green, red } = output.colours
    const { baseline, noise, cheats, problems, advice } = report
    output.tell(`${plain(report.name)}: ${runsHow(taskPackage, report)}, in ${backend}`)
    if (noise !== null) {
      const seconds = baseline.reduce((sum, one) => sum + one.seconds / baseline.length, 0)
      const score = formatMeasured(noise.mean, noise.sd, 0)
      output.tell(`baseline ${score} over ${count(baseline.length, "run")} of ${seconds.toFixed(1)} s`)
    }
    if (cheats.length > 0) printTable(output, COLUMNS, cheats)
    for (const text of advice) for (const line of lines(`advice: ${text}`)) output.tell(dim(line))
    for (const text of problems) for (const line of lines(`problem: ${text}`)) output.tell(red(line))
    if (report.passed) output.tell(green("passed"))
  }
}

function runsHow({ evaluator }: TaskPackage, { judge }: TaskTestReport): string {
  if (evaluator.kind === "native" && evaluator.cmd === undefined) return "nothing of a candidate runs, only the check"
  return `the candidate runs ${judge === "separate" ? "apart from its judge" : "together with its judge"}`
}

const COLUMNS = [
  {
    key: "verdict",
    value: (row: CheatRun) => row.refused,
    show: (row: CheatRun) => (row.refused ? "refused" : "WORKED"),
  },
  { key: "cheat", value: (row: CheatRun) => row.name },
  { key: "outcome", value: (row: CheatRun) => row.outcome },
  {
    key: "score",
    value: (row: CheatRun) => row.score,
    show: (row: CheatRun) => formatValue(row.score, 0),
    align: "right" as const,
  },
  { key: "detail", value: (row: CheatRun) => row.detail, flexible: true },
]
