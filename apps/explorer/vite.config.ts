import { licenses } from "@spore/bundle"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

/**
 * The page twice: `copy.html` as built, with relative addresses, opens a static copy below any path; `index.html`, which
 * a node serves for every path of the explorer, has absolute ones.
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
      page.source = html.replaceAll(/(src|href)="\.\//g, '$1="/')
    },
  }
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
        // zod and its setting in one file, which is run before any that makes a schema.
        codeSplitting: { groups: [{ name: "zod", test: /zod-jitless\.ts$|[\\/]zod[\\/]v4[\\/]/ }] },
      },
    },
  },
  // Grammars are loaded by the worker that needs them.
  worker: { format: "es", plugins: () => [licenses("third-party-licenses-of-threads.md")] },
  server: { proxy: { "/api": { target: "http://localhost:8470", changeOrigin: true } } },
})
