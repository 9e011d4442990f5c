import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { messageOf } from "@spore/records"
import { versionSchema } from "@spore/operator"
import { list } from "tar"
import { z } from "zod"
import { problem } from "./errors.ts"

const MAX_JSON_BYTES = 64 * 1024

/** What a packed program says of itself, in `dist/release.json`. */
const aboutSchema = z.object({
  version: versionSchema,
  node: z.string().regex(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/),
  database: z.number().int().positive(),
})

export interface Archive extends z.infer<typeof aboutSchema> {
  readonly length: number
  readonly sha256: string
}

/** Reads what is needed of a packed `@spore/cli`. @throws SporeError `bad_archive` */
export async function readArchive(path: string): Promise<Archive> {
  const found = new Map<string, Buffer>()
  try {
    await list({
      file: path,
      strict: true,
      onReadEntry: (entry) => {
        if (entry.path !== "package/package.json" && entry.path !== "package/dist/release.json") return
        const chunks: Buffer[] = []
        if (entry.size > MAX_JSON_BYTES) return
        entry.on("data", (chunk: Buffer) => chunks.push(chunk))
        entry.on("end", () => found.set(entry.path, Buffer.concat(chunks)))
      },
    })
  } catch (error) {
    throw problem("bad_archive", `${path} cannot be read as a packed package: ${messageOf(error)}`)
  }
  const pack = read(
    path,
    "package/package.json",
    found,
    z.object({ name: z.literal("@spore/cli"), version: z.string() }),
  )
  const about = read(path, "package/dist/release.json", found, aboutSchema)
  if (pack.version !== about.version) {
    throw problem(
      "bad_archive",
      `${path} says version ${pack.version} in package.json and ${about.version} in release.json`,
    )
  }
  const hash = createHash("sha256")
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return { ...about, length: (await stat(path)).size, sha256: hash.digest("hex") }
}

function read<T>(path: string, name: string, found: ReadonlyMap<string, Buffer>, schema: z.ZodType<T>): T {
  const bytes = found.get(name)
  if (bytes === undefined)
    throw problem("bad_archive", `${path} holds no ${name}`, "pack it with `pnpm pack` after `pnpm build`")
  try {
    return schema.parse(JSON.parse(bytes.toString("utf8")))
  } catch (error) {
    throw problem("bad_archive", `${name} of ${path}: ${messageOf(error)}`)
  }
}
