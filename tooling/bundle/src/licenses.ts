import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import type { Plugin } from "rolldown"
import { type Package, packageOf } from "./package-of.ts"

const TEXTS = /^(licen[cs]e|copying|notice)([.-].*)?$/i

/** Writes `third-party-licenses.md`: of every package whose code went into the bundle, its licence and notices. */
export function licenses(): Plugin {
  return {
    name: "spore-licenses",
    async generateBundle(_, bundled) {
      const files = Object.values(bundled).flatMap((output) => (output.type === "chunk" ? output.moduleIds : []))
      const packages = new Map<string, Package>()
      for (const file of files.filter((id) => /[\\/]node_modules[\\/]/.test(id) && !id.startsWith("\0"))) {
        const found = await packageOf(file)
        packages.set(`${found.name} ${found.version}`, found)
      }
      const parts = ["# Licenses of what is bundled"]
      for (const [name, found] of [...packages].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        if (found.license === undefined) this.error(`${name} does not say how it is licensed`)
        parts.push(`## ${name} (${found.license})`, ...(await textsOf(found.root)))
      }
      this.emitFile({ type: "asset", fileName: "third-party-licenses.md", source: `${parts.join("\n\n")}\n` })
    },
  }
}

async function textsOf(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => TEXTS.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => `\`\`\`\n${(await readFile(join(folder, name), "utf8")).trim()}\n\`\`\``),
  )
}
