import { createVersions, type Versions } from "@spore/operator"
import { systemClock } from "@spore/records"
import type { Installation } from "./installation.ts"

/** The installed versions; null where there is no folder for them. */
export function openVersions({ versionsFolder: folder, builtIn }: Installation): Versions | null {
  if (folder === null) return null
  const program = { name: "@spore/cli", entry: "dist/cli.js" }
  return createVersions({ folder, program, builtIn, node: process.versions.node, clock: systemClock })
}
