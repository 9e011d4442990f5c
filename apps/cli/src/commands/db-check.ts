import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { createProgress } from "../exchange/progress.ts"
import { openFacts } from "../folder/facts.ts"
import { count } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"

/** Examines the database; fails where anything is found. Nothing is changed. */
export async function run(context: Context): Promise<void> {
  const { dataDir, json, output } = context
  const progress = createProgress(context, "checking")
  const store = await openFacts(dataDir)
  try {
    const report = await store.check((done, total) => progress.show(done, total))
    progress.clear()
    const findings = [
      ...report.differences.map((text) => ["difference", text] as const),
      ...report.damaged.map((text) => ["damaged", text] as const),
      ...report.database.map((text) => ["database", text] as const),
    ]
    if (json) output.print(safeJson(report))
    else {
      for (const [sort, text] of findings) output.print(`${sort}\t${plain(text)}`)
      if (findings.length === 0) output.print(`${count(report.facts, "fact")}, all as they should be`)
    }
    if (findings.length === 0) return
    const isRebuilt = report.damaged.length + report.database.length === 0
    throw cliError("unhealthy", `${count(findings.length, "finding")} in ${count(report.facts, "fact")}`, {
      next: isRebuilt ? "spore db rebuild" : "spore export --out FILE, move the database away, spore import FILE",
    })
  } finally {
    progress.clear()
    await store.close()
  }
}
