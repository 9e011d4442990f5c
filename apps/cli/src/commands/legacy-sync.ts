import { HOME_LEGACY, type LegacySyncReport, type LegacyTraffic, parseLegacyAddress, syncLegacy } from "@spore/legacy"
import { legacyFacts, openLocalStore } from "@spore/node/local"
import { silentLogger, systemClock } from "@spore/records"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { sumOf } from "../exchange/importer.ts"
import { createProgress } from "../exchange/progress.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { count } from "../output/format.ts"
import { plain, safeJson } from "../output/plain.ts"

const optionsSchema = z.object({ full: z.boolean().default(false) })

/** Gets in step with a 0.6 node, once. A node may run on the folder meanwhile; it passes on what came. */
export async function run(context: Context, { args, options }: Invocation): Promise<void> {
  const { full } = optionsSchema.parse(options)
  const address = parseLegacyAddress(args[0] ?? "")
  const { paths } = await prepareFolder(context.dataDir)
  const progress = createProgress(context, "syncing")
  const store = await openLocalStore(context.dataDir)
  try {
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const report = await syncLegacy({
      address,
      facts: legacyFacts(store, artifacts),
      limits: HOME_LEGACY,
      clock: systemClock,
      log: silentLogger,
      isFull: full,
      signal: new AbortController().signal,
      onTraffic: (traffic) => progress.show(movedIn(traffic), null),
    })
    progress.clear()
    print(context, report)
  } finally {
    progress.clear()
    await store.close()
  }
}

/** Objects and files in either direction so far. */
function movedIn({ received, sent, code }: LegacyTraffic): number {
  return sumOf(sent) + code.stored + Object.values(received).reduce((sum, counts) => sum + sumOf(counts), 0)
}

function print({ json, output }: Context, { traffic, isWhole }: LegacySyncReport): void {
  const { received, sent, code, refusals } = traffic
  if (json) {
    output.print(safeJson({ received, sent, code, refusals, whole: isWhole }))
    return
  }
  for (const [type, { stored, known, pending, ignored, refused }] of Object.entries(received)) {
    if (stored + known + pending + ignored + refused === 0) continue
    const rest = Object.entries({ known, pending, ignored, refused }).filter(([, number]) => number > 0)
    output.print(["received", type, stored, ...rest.map(([name, number]) => `${number} ${name}`)].join("\t"))
  }
  for (const [type, number] of Object.entries(sent)) if (number > 0) output.print(`sent\t${type}\t${number}`)
  output.print(`received\tcode\t${code.stored}${code.missing > 0 ? `\t${code.missing} not there` : ""}`)
  if (sumOf(sent) + Object.values(received).reduce((sum, { stored }) => sum + stored, 0) === 0) {
    output.tell("nothing was missing on either side")
  }
  for (const reason of refusals) output.tell(plain(`refused: ${reason}`))
  if (code.refused > 0) output.tell(`${count(code.refused, "file")} of code refused: beyond 1 MiB, or other bytes`)
  if (!isWhole) output.tell("the node announced more than it sent: the next sync begins where this one did")
}
