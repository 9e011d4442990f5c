import { basename } from "node:path"
import { licenses } from "@spore/bundle"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin, type Rolldown } from "vite"

/**
 * The page twice: `copy.html` as built, with relative addresses, opens a static copy below any path; `index.html`, which
 * a node serves for every path of the explorer, has absolute ones, and says which files a path's page has of its own.
 */
function twoPages(): Plugin {
  return {
    name: "spore-two-pages",
    enforce: "post",
    generateBundle(_, bundle) {
      const page = bundle["index.html"]
      if (page?.type !== "asset") throw new Error("there is no index.html to derive the pages from")
      const html = String(page.source)
      this.emitFile({ type: "asset", fileName: "copy.html", source: html })
      const early = '<script src="/early.js"'
      if (!html.includes('<script src="./early.js"')) throw new Error("index.html has no early.js")
      page.source = html
        .replaceAll(/(src|href)="\.\//g, '$1="/')
        .replace(early, `${early} data-pages='${JSON.stringify(ownFiles(bundle))}'`)
    },
  }
}

/** Where pages that are opened from elsewhere have their code, by the first part of their path. */
const PAGES = { t: "task-page.tsx", e: "experiment-page.tsx" }

/** What a page needs besides what every page does, by the first part of its path. */
function ownFiles(bundle: Rolldown.OutputBundle): Record<string, string[]> {
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk")
  const first = filesOf(
    chunks.find(({ isEntry }) => isEntry),
    bundle,
  )
  const entries = Object.entries(PAGES).map(([path, module]): [string, string[]] => {
    const chunk = chunks.find(({ facadeModuleId }) => facadeModuleId !== null && basename(facadeModuleId) === module)
    return [path, [...filesOf(chunk, bundle)].filter((file) => !first.has(file)).map((file) => `/${file}`)]
  })
  return Object.fromEntries(entries)
}

/** A chunk, what it imports, and the styles of both. */
function filesOf(chunk: Rolldown.OutputChunk | undefined, bundle: Rolldown.OutputBundle): Set<string> {
  if (chunk === undefined) throw new Error("a page has no chunk of its own")
  const files = new Set([chunk.fileName, ...(chunk.viteMetadata?.importedCss ?? [])])
  for (const name of chunk.imports) {
    const imported = bundle[name]
    if (imported?.type === "chunk") for (const file of filesOf(imported, bundle)) files.add(file)
  }
  return files
}

export default defineConfig({
  // Files find each other wherever the page is.
  base: "./",
  plugins: [react(), twoPages(), licenses()],
  build: {
    target: "es2024",
    // The policy the node serves with allows files of this origin alone: nothing inline, nothing as data URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // Few files: a browser asks for six at a time, and a page waits for all of its own.
          groups: [
            // zod and its setting in one file, which is run before any that makes a schema.
            { name: "zod", test: /zod-jitless\.ts$|[\\/]zod[\\/]v4[\\/]/, priority: 2 },
            { name: "first", tags: ["$initial"], priority: 1 },
            { name: "pages", minShareCount: 2 },
          ],
        },
      },
    },
  },
  // Grammars are loaded by the worker that needs them.
  worker: { format: "es", plugins: () => [licenses("third-party-licenses-of-threads.md")] },
  server: { proxy: { "/api": { target: "http://localhost:8470", changeOrigin: true } } },
})
