import { readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { hasErrorCode } from "@spore/records"
import { z } from "zod"
import { CLAIM_DRAFT, IN_USE } from "../launch/claim-version.ts"
import { findClaim } from "../process/claim-file.ts"
import { identityOf, isAlive } from "../process/identity.ts"

/** The versions that living processes run; claims of the dead are removed. */
export async function versionsInUse(folder: string): Promise<ReadonlySet<string>> {
  const claims = join(folder, IN_USE)
  const used = new Set<string>()
  for (const name of await namesIn(claims)) {
    const claim = name.endsWith(CLAIM_DRAFT) ? name.slice(0, -CLAIM_DRAFT.length) : name
    const dot = claim.lastIndexOf(".")
    const isLiving =
      claim === name
        ? (await findClaim(join(claims, name), z.object({}))) !== null
        : isAlive(identityOf(Number(claim.slice(dot + 1))))
    if (isLiving) used.add(claim.slice(0, dot))
    else await rm(join(claims, name), { force: true })
  }
  return used
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return []
    throw error
  }
}
