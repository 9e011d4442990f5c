import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { z } from "zod"

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  engines: z.object({ node: z.string().optional() }).optional(),
})

/** A package as its `package.json` tells. */
export interface Package extends z.infer<typeof manifestSchema> {
  readonly root: string
}

const known = new Map<string, Promise<Package | null>>()

/** The package that a file belongs to. Folders inside packages have a `package.json` without a name at times. */
export async function packageOf(file: string): Promise<Package> {
  const found = await findFrom(dirname(file))
  if (found === null) throw new Error(`${file} belongs to no package`)
  return found
}

function findFrom(folder: string): Promise<Package | null> {
  const present = known.get(folder)
  if (present !== undefined) return present
  const found = readPackage(folder).then(
    (own) => own ?? (dirname(folder) === folder ? null : findFrom(dirname(folder))),
  )
  known.set(folder, found)
  return found
}

/** Null where `folder` is not the root of a package. */
export async function readPackage(folder: string): Promise<Package | null> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null)
  const manifest = text === null ? null : manifestSchema.safeParse(JSON.parse(text))
  return manifest?.success === true ? { ...manifest.data, root: folder } : null
}
