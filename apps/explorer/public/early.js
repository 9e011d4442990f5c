// Runs before anything is painted, and while the page's scripts are still on their way.

// So that the page never flashes in the other theme; src/theme/theme.ts keeps the choice.
try {
  const theme = localStorage.getItem("spore-theme")
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden: then the system's theme it is.
}

// What the page of this address will ask for is asked for now: its own files, which vite.config.ts names and a static
// copy does not, and what it shows first, by the addresses that src/api.ts will use.
{
  const { pages } = document.currentScript.dataset
  const [, page = "", id = ""] = location.pathname.split("/")
  const hardwareClass = new URLSearchParams(location.search).get("class")
  const ofClass = hardwareClass === null ? "" : `?${new URLSearchParams({ class: hardwareClass })}`
  const shown = new Map([
    ["", ["tasks?limit=200"]],
    ["t", [`tasks/${id}`, `tasks/${id}/graph${ofClass}`]],
    ["e", [`experiments/${id}`, `experiments/${id}/diff`]],
  ]).get(page)
  if (pages !== undefined && shown !== undefined && (page === "" || id !== "")) {
    const links = ["status", ...shown].map((path) => ({ rel: "preload", as: "fetch", href: `/api/v1/${path}` }))
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as vite.config.ts wrote it
    const ownFiles = /** @type {Record<string, string[]>} */ (JSON.parse(pages))
    for (const href of ownFiles[page] ?? []) {
      links.push(href.endsWith(".css") ? { rel: "preload", as: "style", href } : { rel: "modulepreload", href })
    }
    for (const link of links) {
      document.head.append(Object.assign(document.createElement("link"), { crossOrigin: "", ...link }))
    }
  }
}
