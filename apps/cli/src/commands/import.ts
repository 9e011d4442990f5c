import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { type FileReport, importFile } from "../exchange/import-file.ts"
import { refusedIn, sumOf } from "../exchange/importer.ts"
import { createProgress } from "../exchange/progress.ts"
import { openSource } from "../exchange/source.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { count } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { openLocalStore } from "@spore/node/local"

const optionsSchema = z.object({
  results: z.string().optional(),
  task: z.string().optional(),
  codeDir: z.string().optional(),
})

/** Takes in a file that `spore export` wrote, or a table of one's own results. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const { results, task, codeDir } = optionsSchema.parse(options)
  const [file] = args
  if ((file === undefined) === (results === undefined)) {
    throw cliError("bad_usage", "give either a file of facts or --results", {
      next: "spore import <file>, or spore import --results results.tsv --task <task> --code-dir <folder>",
    })
  }
  if (results !== undefined) {
    const { importOwnResults } = await import("../exchange/results-import.ts")
    await importOwnResults(context, { path: results, task, codeDir })
    return
  }
  if (task !== undefined || codeDir !== undefined) {
    throw cliError("bad_usage", "--task and --code-dir go with --results", { next: "spore import <file>" })
  }
  if (file !== undefined) await importFacts(context, file)
}

async function importFacts(context: Context, path: string): Promise<void> {
  await using source = await openSource(path)
  const { paths } = await prepareFolder(context.dataDir)
  const progress = createProgress(context, "importing")
  const store = await openLocalStore(context.dataDir)
  try {
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const report = await importFile(source, {
      store,
      artifacts,
      onProgress: (bytes) => progress.show(bytes, source.size),
    })
    progress.clear()
    print(context, report)
    const refused = refusedIn(report.facts)
    if (report.failure !== null) throw report.failure
    if (refused > 0) {
      throw cliError("facts_refused", `${count(refused, "object")} of ${source.name} refused`, {
        next: `spore inspect ${path}`,
      })
    }
  } finally {
    progress.clear()
    await store.close()
  }
}

function print({ json, output }: Context, { format, facts, blocks }: FileReport): void {
  if (json) {
    output.print(safeJson({ format, ...facts, blocks }))
    return
  }
  const { stored, known, pending, dropped, early, withheld, ignored, refusals } = facts
  const kinds = Object.entries(stored).map(([kind, number]) => `${number} ${kind}`)
  output.print(`stored\t${sumOf(stored)}${kinds.length === 0 ? "" : `\t${kinds.join(", ")}`}`)
  output.print(`known\t${known}`)
  for (const [name, number] of Object.entries({ pending, dropped, early, withheld, ignored })) {
    if (number > 0) output.print(`${name}\t${number}`)
  }
  output.print(`refused\t${refusedIn(facts)}`)
  if (format === "car") output.print(`blocks\t${blocks.stored}\t${blocks.known} known, ${blocks.withheld} withheld`)
  for (const { what, code, reason } of refusals) output.tell(plain(`${what}: ${code}: ${reason}`))
}
