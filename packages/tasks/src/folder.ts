import type { CID } from "@spore/records"
import { addFile, addFolder, type ArtifactStore, type FileTree } from "@spore/records/artifacts"
import { readdir, readFile } from "node:fs/promises"
import { join, relative, sep } from "node:path"
import { fileURLToPath } from "node:url"

/** Where the bundled tasks lie: NAME/ is the task package, NAME.task its signed envelope. */
export const BUNDLED: URL = new URL("../bundled/", import.meta.url)

/** A bundled task by its folder's name. */
export interface BundledName {
  readonly name: string
  /** As its spore.task.json says. */
  readonly editable: readonly string[]
}

/** In the order in which a node takes them up, where nobody works on any task yet. */
export const NAMES: readonly BundledName[] = [
  { name: "char-lm", editable: ["train.mjs"] },
  { name: "circle-packing", editable: ["pack.mjs"] },
  { name: "fft", editable: ["fft.mjs"] },
  { name: "ffmpeg-encode", editable: ["encode.conf"] },
  { name: "nanogpt-train", editable: ["train.py"] },
]

/** The files of a task package: those that candidates may change, and all others. */
export async function readPackage({ name, editable }: BundledName): Promise<{ bundle: FileTree; baseline: FileTree }> {
  const root = fileURLToPath(new URL(`${name}/`, BUNDLED))
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
  const files = await Promise.all(
    paths.toSorted().map(async (path) => [path, new Uint8Array(await readFile(join(root, path)))] as const),
  )
  return {
    bundle: new Map(files.filter(([path]) => !editable.includes(path))),
    baseline: new Map(files.filter(([path]) => editable.includes(path))),
  }
}

/** Stores a task package: the folder of its frozen files, and its one editable file or their folder. */
export async function storePackage(
  store: ArtifactStore,
  { bundle, baseline }: { bundle: FileTree; baseline: FileTree },
): Promise<{ bundle: CID; baseline: CID }> {
  const [only, ...others] = baseline.values()
  const single = only !== undefined && others.length === 0
  return {
    bundle: await addFolder(store, bundle),
    baseline: single ? await addFile(store, only) : await addFolder(store, baseline),
  }
}
