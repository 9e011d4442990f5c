import { existsSync } from "node:fs"
import { claimFolder, dataPaths, findRunning } from "@spore/node/local"
import { z } from "zod"
import { deleteFound } from "../clean/delete.ts"
import { PARTS } from "../clean/parts.ts"
import { type Found, type Survey, surveyFolder } from "../clean/survey.ts"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { canAsk, confirm } from "../output/confirm.ts"
import { count, formatBytes, tilde } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"
import { printTable } from "../output/table.ts"
import { findSupervisor } from "../service/claim.ts"
import { isStarting } from "../service/start.ts"

const optionsSchema = z.object({
  all: z.boolean().default(false),
  identity: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  yes: z.boolean().default(false),
})

/** Deletes what a node made in its data folder, after saying what and asking. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const { dataDir, json, output } = context
  const { all, identity, dryRun, yes } = optionsSchema.parse(options)
  const parts = knownParts(args)
  await refuseUnlessOurs(dataDir)
  const survey = await surveyFolder(dataDir, { parts, all, identity })
  if (!json) printSurvey(context, survey)
  const asked = dryRun || survey.found.length === 0 ? false : yes || (await askFor(context, survey.found))
  if (asked) await deleteClaimed(dataDir, survey.found)
  if (json) output.print(safeJson(jsonOf(survey, dataDir, asked)))
  else if (asked) output.print(`deleted ${formatBytes(total(survey.found))}`)
  else output.print(survey.found.length === 0 ? "nothing to delete" : "nothing was deleted")
}

function knownParts(args: readonly string[]): string[] {
  const known = PARTS.filter(({ kind }) => kind !== "key").map(({ name }) => name)
  const unknown = args.find((arg) => !known.includes(arg))
  if (unknown === undefined) return [...args]
  throw cliError("bad_usage", `no part ${JSON.stringify(unknown.slice(0, 80))} of a data folder`, {
    next: `the parts are ${known.join(", ")}; the key goes with --identity alone`,
  })
}

/** Its names are such as other programs use too: without a key or a database it is no folder of a node. */
async function refuseUnlessOurs(dataDir: string): Promise<void> {
  const { identity, database, running } = dataPaths(dataDir)
  if (!existsSync(identity) && !existsSync(database)) {
    throw cliError("not_initialised", `there is no node in ${dataDir}`, { next: "give its folder with --data-dir" })
  }
  const holder = (await findRunning(running)) ?? (await findSupervisor(dataDir))
  if (holder === null && !(await isStarting(dataDir))) return
  const who = holder === null ? "a node starts" : `process ${holder.pid} runs`
  throw cliError("node_running", `${who} on ${dataDir}`, { next: "spore stop" })
}

function askFor({ json }: Context, found: readonly Found[]): Promise<boolean> {
  if (json || !canAsk()) {
    throw cliError("bad_usage", "there is no terminal to ask at", { next: "spore clean --yes, or --dry-run to look" })
  }
  return confirm(`delete ${formatBytes(total(found))} for good?`)
}

/** No node starts meanwhile. */
async function deleteClaimed(dataDir: string, found: readonly Found[]): Promise<void> {
  const claim = await claimFolder(dataPaths(dataDir).running, dataDir, Date.now())
  try {
    await deleteFound(dataDir, found)
  } finally {
    claim.release()
  }
}

function printSurvey({ dataDir, output }: Context, { found, left }: Survey): void {
  if (found.length > 0) {
    output.print(`to delete in ${tilde(dataDir)}:`)
    printTable(output, COLUMNS, found)
  }
  for (const { name, target } of found.flatMap(({ links }) => links)) {
    output.print(`${plain(name)} is a link to ${plain(target)}: only the link goes`)
  }
  for (const { name, reason } of left) output.tell(`stays: ${plain(name)} (${reason})`)
}

const COLUMNS = [
  { key: "part", value: ({ part }: Found) => part.name },
  {
    key: "bytes",
    value: ({ bytes }: Found) => bytes,
    show: ({ bytes }: Found) => formatBytes(bytes),
    align: "right" as const,
  },
  {
    key: "files",
    value: ({ files }: Found) => files,
    show: ({ files }: Found) => count(files, "file"),
    align: "right" as const,
  },
  { key: "what", value: ({ part }: Found) => part.what, flexible: true },
]

function jsonOf({ found, left }: Survey, dataDir: string, deleted: boolean): object {
  return {
    data_dir: dataDir,
    deleted,
    bytes: total(found),
    parts: found.map(({ part, names, files, bytes }) => ({ part: part.name, names, files, bytes })),
    left,
  }
}

function total(found: readonly Found[]): number {
  return found.reduce((sum, { bytes }) => sum + bytes, 0)
}
