import { cp } from "node:fs/promises"
import { basename, join, posix, relative, sep } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { Plugin, PluginContext } from "rolldown"
import { packageOf } from "./package-of.ts"

/** `new URL("./file", import.meta.url)`, perhaps as a worker's module. */
const FILE_URL = /(?<worker>new Worker\(\s*)?new URL\(\s*(["'])(?<path>[^"'`]+)\2,\s*import\.meta\.url\s*\)/g
/** Ways to a file that nobody can follow before the program runs. */
const UNKNOWN = /new URL\([^)]*import\.meta\.url|import\.meta\.(resolve|dirname|filename)/
/** Stands for a path below the package's root until it is known which chunk names it. */
const MARK = "spore-file:"
const MARKED = /spore-file:([^"'`]+)/g

/**
 * Keeps the files together that modules find by their own address: a worker's module becomes an entry of its own, what
 * lies in another package a copy in `dist/assets/PACKAGE`, and what lies in the app's own folder stays where it is.
 * The app's and the workspace's modules must name such files by a literal.
 *
 * @param app its folder
 */
export function fileUrls(app: string): Plugin {
  /** From the place below `dist` to where it is now. */
  const assets = new Map<string, string>()

  /** The place of a file below the package's root. */
  async function place(context: PluginContext, file: string, isWorker: boolean): Promise<string> {
    if (isWorker) {
      const fileName = `workers/${basename(file)}`
      context.emitFile({ type: "chunk", id: file, fileName })
      return `dist/${fileName}`
    }
    const { root, name } = await packageOf(file)
    const inside = relative(root, file).split(sep).join("/")
    if (root === app) return inside
    const asset = posix.join("assets", name.replace(/^@[^/]+\//, ""), inside)
    assets.set(asset, file)
    return `dist/${asset}`
  }

  return {
    name: "spore-file-urls",
    transform: {
      filter: { code: /import\.meta/, id: { exclude: /[\\/]node_modules[\\/]/ } },
      async handler(code, id) {
        let changed = code
        for (const match of code.matchAll(FILE_URL)) {
          const { worker, path = "" } = match.groups ?? {}
          const url = new URL(path, pathToFileURL(id))
          // Beside its sources a module may name sources; none of them is there in a package.
          if (url.pathname.endsWith(".ts")) continue
          const target = await place(this, fileURLToPath(url), worker !== undefined)
          const end = path.endsWith("/") ? "/" : ""
          changed = changed.replace(match[0], () => `${worker ?? ""}new URL("${MARK}${target}${end}", import.meta.url)`)
        }
        const left = changed.replaceAll(FILE_URL, "")
        const unknown = UNKNOWN.exec(left)
        if (unknown !== null) this.error(`${id} finds a file in a way that cannot be bundled: ${unknown[0]}`)
        return changed
      },
    },
    renderChunk(code, { fileName }) {
      if (!code.includes(MARK)) return null
      const from = posix.dirname(`dist/${fileName}`)
      return code.replaceAll(MARKED, (_, target: string) => {
        const path = posix.relative(from, target)
        return `${path.startsWith(".") ? "" : "./"}${path}${target.endsWith("/") ? "/" : ""}`
      })
    },
    async writeBundle({ dir }) {
      if (dir === undefined) return
      for (const [asset, file] of assets) {
        await cp(file, join(dir, asset), { recursive: true, force: true })
      }
    },
  }
}
