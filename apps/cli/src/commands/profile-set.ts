import { viewProfile } from "@spore/api/views"
import type { ProfileRow, Store } from "@spore/dag"
import { openLocalStore } from "@spore/node/local"
import {
  type Identity,
  isSporeError,
  messageOf,
  type ProfileBody,
  signRecord,
  type SporeRecord,
  systemClock,
  unixSeconds,
  MAX_AHEAD_SECONDS,
} from "@spore/records"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { askRunning } from "../folder/live.ts"
import { formatTime } from "../output/format.ts"
import { safeJson } from "../output/plain.ts"
import { printProfile } from "../output/print-profile.ts"

const optionsSchema = z.object({
  displayName: z.string().optional(),
  bio: z.string().optional(),
  website: z.string().optional(),
  avatarUrl: z.string().optional(),
  donationAddress: z.string().optional(),
})
type Words = Omit<ProfileBody, "kind" | "v" | "author" | "created">

/** Signs how this node wants to be shown. A node that runs on the folder sends it on; else it travels at the next run. */
export async function run({ dataDir, json, output }: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  if (Object.values(asked).every((value) => value === undefined)) {
    throw cliError("bad_usage", "nothing to set", { next: "spore profile set --display-name NAME; see --help" })
  }
  const { identity } = await prepareFolder(dataDir)
  const store = await openLocalStore(dataDir)
  try {
    const present = await store.profile(identity.nodeId)
    const words = withAsked(present, asked)
    const isSame = present !== undefined && JSON.stringify(words) === JSON.stringify(wordsOf(present))
    if (!isSame) await save(store, signProfile(identity, words, dateAfter(present)))
    const profile = await store.profile(identity.nodeId)
    if (profile === undefined) throw refused("it is withheld here", "spore withhold list")
    if (json) output.print(safeJson(viewProfile(profile)))
    else printProfile(output, profile)
    if (isSame) output.tell("this is your profile already: nothing to do")
    else if ((await askRunning(dataDir)) === null) output.tell("others see it once the node runs\nnext: spore run")
  } finally {
    await store.close()
  }
}

function withAsked(present: ProfileRow | undefined, asked: z.infer<typeof optionsSchema>): Words {
  const old = wordsOf(present)
  return {
    display_name: asked.displayName ?? old.display_name,
    bio: asked.bio ?? old.bio,
    website: asked.website ?? old.website,
    avatar_url: asked.avatarUrl ?? old.avatar_url,
    donation_address: asked.donationAddress ?? old.donation_address,
  }
}

function wordsOf(row: ProfileRow | undefined): Words {
  return {
    display_name: row?.displayName ?? "",
    bio: row?.bio ?? "",
    website: row?.website ?? "",
    avatar_url: row?.avatarUrl ?? "",
    donation_address: row?.donationAddress ?? "",
  }
}

/** Now, or after the present profile where this clock is behind: only the newest counts. */
function dateAfter(present: ProfileRow | undefined): number {
  const now = unixSeconds(systemClock)
  const created = Math.max(now, (present?.created ?? 0) + 1)
  if (created <= now + MAX_AHEAD_SECONDS) return created
  throw refused(
    `the present one is dated ${formatTime(created - 1)}, ahead of this clock, and only a newer one counts`,
    "set the clock, or try again then",
  )
}

function signProfile(identity: Identity, words: Words, created: number): SporeRecord<"profile"> {
  try {
    return signRecord(identity, "profile", { created, ...words })
  } catch (error) {
    if (!isSporeError(error, "bad_schema", "bad_encoding", "too_large")) throw error
    const message = messageOf(error).replaceAll(/\b(?:display_name|avatar_url|donation_address)\b/g, flagOf)
    throw cliError("bad_usage", message, { cause: error, next: "spore profile set --help" })
  }
}

function flagOf(field: string): string {
  return `--${field.replace("_", "-")}`
}

async function save(store: Store, record: SporeRecord<"profile">): Promise<void> {
  const [result] = await store.ingest([record])
  if (result?.status === "stored" || result?.status === "known") return
  throw refused(`${result?.reason ?? result?.status}`, "spore doctor")
}

function refused(why: string, next: string): Error {
  return cliError("profile_refused", `the profile was not signed: ${why}`, { next })
}
