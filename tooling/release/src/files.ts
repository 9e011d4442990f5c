import { open, readFile, rename, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { hasErrorCode } from "@spore/records"
import { Timestamp } from "@tufjs/models"
import { decode, type Document, encode, isOf, type Signed } from "./document.ts"
import { problem } from "./errors.ts"

export async function readDocument<T extends Signed>(
  folder: string,
  name: string,
  kind: new (...init: never[]) => T,
): Promise<Document<T>> {
  const document = decode(await readFile(join(folder, name)))
  if (!isOf<T>(document, kind)) throw problem("bad_repository", `${name} is a ${document.signed.type}`)
  return document
}

/** In this order: whoever reads a timestamp finds all that it speaks of. */
export async function writeDocuments(folder: string, documents: readonly Document[]): Promise<void> {
  for (const document of documents) {
    const { type, version } = document.signed
    const name = isOf(document, Timestamp) ? "timestamp.json" : `${version}.${type}.json`
    await put(folder, `metadata/${name}`, (to) => writeFile(to, encode(document)))
  }
}

/** Whole or not at all. */
export async function put(folder: string, name: string, make: (path: string) => Promise<void>): Promise<void> {
  const path = join(folder, name)
  const draft = `${path}.draft`
  try {
    await make(draft)
    const file = await open(draft, "r")
    try {
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    if (hasErrorCode(error, "ENOENT")) throw problem("bad_repository", `${dirname(path)} is not there`)
    throw error
  }
}
