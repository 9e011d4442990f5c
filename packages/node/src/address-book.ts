import { readFile, rename, rm, writeFile } from "node:fs/promises"
import type { AddressBookStorage, KnownAddress } from "@spore/transport"
import { z } from "zod"

/** Bytes of the file, and of an address, beyond which it is none of ours. */
const MAX_BYTES = 1024 * 1024
const MAX_ADDRESS = 512

const count = z.int().min(0)
const knownAddress: z.ZodType<KnownAddress> = z.object({
  address: z.string().max(MAX_ADDRESS),
  source: z.enum(["user", "seen", "told"]),
  reachedAt: count,
  failures: count,
  notBefore: count,
})
const fileSchema = z.object({ peers: z.array(z.unknown()) })

/** Known addresses in a file of this user alone. What cannot be read in it is passed over. */
export function fileAddressBook(path: string): AddressBookStorage {
  return {
    load: async () => {
      const file = fileSchema.safeParse(await readJson(path))
      return (file.data?.peers ?? []).flatMap((entry) => knownAddress.safeParse(entry).data ?? [])
    },
    save: async (peers) => {
      const draft = `${path}.${process.pid}.tmp`
      try {
        await writeFile(draft, `${JSON.stringify({ peers }, null, 1)}\n`, { mode: 0o600 })
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw error
      }
    },
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    const bytes = await readFile(path)
    return bytes.length > MAX_BYTES ? null : (JSON.parse(bytes.toString("utf8")) as unknown)
  } catch {
    return null
  }
}
