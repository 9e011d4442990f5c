import { resolve } from "node:path"
import type { Context, Invocation } from "../context.ts"
import { importLegacyFolder, type LegacyReport, sentencesOf } from "../exchange/legacy-import.ts"
import { sumOf } from "../exchange/importer.ts"
import { plain, safeJson } from "../output/plain.ts"

/** Takes in the data folder of a 0.6 node. Nothing in that folder changes. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const report = await importLegacyFolder(context, resolve(args[0] ?? ""))
  if (context.json) context.output.print(safeJson(report))
  else print(context, report)
}

function print({ output }: Context, report: LegacyReport): void {
  const { facts, artifacts } = report
  for (const [kind, number] of Object.entries(facts.stored)) output.print(`stored\t${kind}\t${number}`)
  if (sumOf(facts.stored) === 0) output.print("stored\tfacts\t0")
  output.print(`known\tfacts\t${facts.known}`)
  output.print(`pending\tfacts\t${facts.pending + facts.dropped}`)
  for (const [code, number] of Object.entries(facts.refused)) output.print(`refused\t${code}\t${number}`)
  output.print(`stored\tartifacts\t${artifacts.stored}`)
  output.print(`known\tartifacts\t${artifacts.known}`)
  for (const { what, code, reason } of facts.refusals) output.tell(plain(`${what}: ${code}: ${reason}`))
  for (const sentence of sentencesOf(report)) output.tell(sentence)
}
