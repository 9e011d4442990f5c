import type { Diff } from "@spore/api/client"
import { CID } from "@spore/records"
import type { Context, Invocation, Output } from "../context.ts"
import { experimentNamed } from "../evidence/filter.ts"
import { bringHere, openArtifacts } from "../exchange/local-artifacts.ts"
import { openFacts } from "../folder/facts.ts"
import { plain, plainLines, safeJson } from "../output/plain.ts"
import { createFolderClient } from "../reading/client.ts"
import { named } from "../trials/candidate.ts"

/** Shows how an experiment's code differs from its parent's, or how a second one's differs from its. */
export async function run(context: Context, { args: [first = "", second] }: Invocation): Promise<void> {
  const { dataDir, json, output, version } = context
  const [from, to] = await idsOf(dataDir, [first, ...(second === undefined ? [] : [second])])
  await using reading = createFolderClient(dataDir, version)
  const ask = async (): Promise<Diff> => {
    const client = await reading.client()
    return to === undefined ? client.diff(from ?? "") : client.diff(to, { against: from ?? "" })
  }
  let diff = await ask()
  if (diff.missing.length > 0) {
    const local = await openArtifacts(dataDir)
    for (const code of diff.missing) await bringHere(dataDir, local, CID.parse(code))
    diff = await ask()
  }
  diff = { ...diff, files: await named(dataDir, diff.experiment, diff.files) }
  if (json) output.print(safeJson(diff))
  else show(output, diff)
}

async function idsOf(dataDir: string, texts: readonly string[]): Promise<string[]> {
  const store = await openFacts(dataDir)
  try {
    return await Promise.all(texts.map((text) => experimentNamed(store, text)))
  } finally {
    await store.close()
  }
}

function show(output: Output, { against, files }: Diff): void {
  const { bold, cyan, green, red } = output.colours
  const colourOf: Partial<Record<string, (text: string) => string>> = { "+": green, "-": red, "@": cyan }
  for (const { path, change, patch, omitted } of files) {
    output.print(bold(plain(`${change} ${path === "" ? "the code" : path}`)))
    if (omitted !== null) output.print(omitted === "binary" ? "  it is no text" : "  too much of it differs")
    for (const line of plainLines(patch?.replace(/\n$/, "") ?? "")) {
      if (line !== "") output.print((colourOf[line[0] ?? ""] ?? String)(line))
    }
  }
  if (against === null) output.tell("it has no parent: give a second experiment")
  else if (files.length === 0) output.tell("the same code")
}
