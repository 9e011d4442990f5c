import { isSporeError, MAX_ENVELOPE } from "@spore/records"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { type Inspection, inspectObject, unreadable } from "../exchange/inspect.ts"
import { inspectLines } from "../exchange/inspect-lines.ts"
import { lineOf, MAX_LINE, readLine } from "../exchange/object-line.ts"
import { openSource, type Source } from "../exchange/source.ts"
import { openFacts } from "../folder/facts.ts"
import { resolveId } from "../ids.ts"
import { safeJson } from "../output/plain.ts"

/** An envelope is a list of two, which no text begins with. */
const ENVELOPE_START = 0x82

/** Says of each signed object of a file, or of a stored one, what is right and wrong with it. */
export async function run(context: Context, { args }: Invocation): Promise<void> {
  const [input = "-"] = args
  await using source = await sourceOrNull(input)
  if (source === null) {
    context.output.print(safeJson(inspectLine(await storedLine(context, input))))
    return
  }
  await inspectLines(source, {
    maxLine: MAX_LINE,
    inspect: inspectLine,
    binary: { start: ENVELOPE_START, maxBytes: MAX_ENVELOPE, inspect: inspectBinary },
  })
}

/** Null where there is no such file, but the text may be an id. */
async function sourceOrNull(input: string): Promise<Source | null> {
  try {
    return await openSource(input)
  } catch (error) {
    if (isSporeError(error, "not_found") && /^[A-Za-z0-9]{4,}$/.test(input)) return null
    throw error
  }
}

async function storedLine({ dataDir }: Context, text: string): Promise<Buffer> {
  const store = await openFacts(dataDir)
  try {
    const object = await store.object(await resolveId(store, text))
    if (object !== undefined) return Buffer.from(lineOf(object))
    throw cliError("not_found", `${text} is withheld here`, { next: "spore withhold list --facts" })
  } catch (error) {
    if (!isSporeError(error, "bad_usage")) throw error
    throw cliError("not_found", `${text} is neither a file nor an id`, {
      cause: error,
      next: "give a file, - or an id",
    })
  } finally {
    await store.close()
  }
}

function inspectLine(line: Buffer): Inspection {
  try {
    return inspectObject(readLine(line))
  } catch (error) {
    return unreadable(error)
  }
}

function inspectBinary(envelope: Uint8Array): Inspection {
  return inspectObject({ form: "envelope", envelope, id: null })
}
