import { readdirSync, readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { z } from "zod"

/** The workspace's root. */
export const ROOT: string = resolve(import.meta.dirname, "../../..")

const strings = z.record(z.string(), z.string())

/** What is read of a `package.json`; the rest is kept. */
export const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  private: z.boolean().optional(),
  description: z.string().optional(),
  bin: z.union([z.string(), strings]).optional(),
  exports: z.unknown().optional(),
  dependencies: strings.optional(),
  optionalDependencies: strings.optional(),
  scripts: strings.optional(),
})
export type Manifest = z.infer<typeof manifestSchema>

/** A package of the workspace that is published. */
export interface Published {
  /** Its folder from the root, such as `packages/records`. */
  readonly folder: string
  readonly manifest: Manifest
}

export function readManifest(folder: string): Manifest {
  return manifestSchema.parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")))
}

/** The packages of the workspace that are published, by name. */
export function publishedPackages(): Published[] {
  const folders = ["packages", "apps"].flatMap((group) =>
    readdirSync(join(ROOT, group), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${group}/${entry.name}`),
  )
  return folders
    .map((folder) => ({ folder, manifest: readManifest(join(ROOT, folder)) }))
    .filter(({ manifest }) => manifest.private !== true)
    .toSorted((one, other) => one.manifest.name.localeCompare(other.manifest.name))
}

/** What others may import of a package, such as `@spore/records/keyfile`. */
export function entriesOf({ name, exports }: Manifest): string[] {
  return Object.keys(z.record(z.string(), z.unknown()).parse(exports ?? {}))
    .filter((entry) => entry !== "./package.json")
    .map((entry) => name + entry.slice(1))
}
