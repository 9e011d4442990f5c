import type { Plugin } from "rolldown"
import { readPackage } from "./package-of.ts"

/** Writes `release.json`: what an update must know of a version before it starts it. */
export function releaseFile(app: string, database: number): Plugin {
  return {
    name: "spore-release-file",
    async generateBundle() {
      const own = await readPackage(app)
      const oldest = /^>=(\d+)\.(\d+)(?:\.(\d+))?$/.exec(own?.engines?.node ?? "")
      if (own === null || oldest === null) this.error(`${app} does not say on which Node.js it runs: ">=22.16"`)
      const [, major, minor, patch = "0"] = oldest
      const release = { version: own.version, node: `${major}.${minor}.${patch}`, database }
      this.emitFile({ type: "asset", fileName: "release.json", source: `${JSON.stringify(release)}\n` })
    },
  }
}
