import { readFile } from "node:fs/promises"
import { resolve } from "node:path"
import { CHANNEL_LIMITS, OFFICIAL_ROOT, readRootOfTrust, type RootOfTrust } from "@spore/operator"
import { isSporeError, messageOf, systemClock } from "@spore/records"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { count, tilde } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printFields } from "../output/table.ts"
import { resolveUpdate } from "../settings/update.ts"
import { variable } from "../settings/variables.ts"
import { findInstallation } from "../updates/installation.ts"
import { versionsHome } from "../updates/node-updater.ts"
import { writeOwnRoot } from "../updates/own-root.ts"
import { requireKept } from "../updates/report.ts"

const optionsSchema = z.object({ official: z.boolean().default(false) })

/** Shows whose keys must have signed a release, or has others count from now on. */
export async function run(context: Context, { args: [file], options }: Invocation): Promise<void> {
  const { official } = optionsSchema.parse(options)
  if (file !== undefined && official) throw cliError("bad_usage", "a file, or --official, but not both")
  // Whatever a data folder says.
  const { root: own } = resolveUpdate({}, context.env, {}, false)
  const isChange = file !== undefined || official
  const path = official ? undefined : (file ?? own)
  const root = path === undefined ? OFFICIAL_ROOT : await read(path)
  const trusted = describe(root, path)
  if (isChange) {
    await writeOwnRoot(requireKept(versionsHome(findInstallation(context.env))).folder, official ? null : root)
  }
  if (context.json) context.output.print(safeJson({ official: path === undefined, ...trusted }))
  else printForPeople(context, path, trusted)
  if (!isChange) return
  if (variable(context.env, "SPORE_UPDATE_ROOT") !== undefined) {
    context.output.tell("SPORE_UPDATE_ROOT is set, and wins as long as it is")
  } else context.output.tell("a node that runs takes it up when it is started anew")
}

async function read(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw cliError("file_unusable", `cannot read ${path}: ${messageOf(error)}`, { cause: error })
  })
  if (bytes.length <= CHANNEL_LIMITS.rootBytes) return bytes
  throw cliError("file_unusable", `${path} is no root of trust: it has ${bytes.length} bytes`)
}

function describe(root: Uint8Array, path: string | undefined): RootOfTrust {
  try {
    return readRootOfTrust(root, systemClock.now())
  } catch (error) {
    if (!isSporeError(error, "channel_untrusted")) throw error
    throw cliError("file_unusable", `${path}: ${error.message}`, {
      cause: error,
      next: "the keeper of the channel gives it to you: docs/releasing.md",
    })
  }
}

function printForPeople({ output }: Context, path: string | undefined, trusted: RootOfTrust): void {
  const { version, expires, threshold, keys } = trusted
  printFields(output, [
    ["root", path === undefined ? "the one that came with this program" : tilde(resolve(path))],
    ["version", `${version}, valid until ${expires}`],
    ["signed by", `${threshold} of ${count(keys.length, "key")}`],
    ...keys.map((key) => ["key", key] as const),
  ])
}
