import { existsSync } from "node:fs"
import { join } from "node:path"
import type { ApiInit, ApiServer } from "@spore/api"
import { buildFixture, type Fixture, type FixtureInit } from "@spore/fixture"
import type { Browser, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, beforeAll, describe } from "vitest"
import { findChromium, launchBrowser, type Watch, watchPage } from "./browser.ts"
import { EXPLORER_DIR, serveExplorer } from "./serve.ts"

/** How long a test waits for what a page is about to show, in ms. */
export const TIMEOUT = 20_000

/** A page that is watched for what it should not do. */
export interface Opened {
  readonly page: Page
  readonly watch: Watch
}

/** A browser for the tests of a file. What it serves and opens is closed after the last of them. */
export interface Stage {
  /** Serves the explorer over a node; on any free port where none is given. */
  serve(node: ApiInit["node"], port?: number, more?: Partial<ApiInit>): Promise<ApiServer>
  /** A page with nothing in it yet, to be shown what `server` serves. */
  open(server: ApiServer, options?: BrowserContextOptions): Promise<Opened>
  /** Serves a search, and opens a page for it. */
  openSearch(
    init: FixtureInit,
    options?: BrowserContextOptions,
  ): Promise<Opened & { readonly fixture: Fixture; readonly server: ApiServer }>
}

/** Describes what the built explorer does in a real browser; skipped where there is none. */
export function describeInBrowser(title: string, body: (stage: Stage) => void): void {
  const chromium = findChromium()
  describe.skipIf(chromium === undefined)(`${title} (skipped without Chromium: apt-get install chromium)`, () => {
    let browser: Browser
    const closing: (() => Promise<void>)[] = []

    beforeAll(async () => {
      if (!existsSync(join(EXPLORER_DIR, "index.html"))) throw new Error("the explorer is not built: run pnpm build")
      browser = await launchBrowser(chromium ?? "")
    })
    afterAll(async () => {
      for (const close of closing) await close()
      await browser?.close()
    })

    async function serve(node: ApiInit["node"], port?: number, more?: Partial<ApiInit>): Promise<ApiServer> {
      const server = await serveExplorer(node, port, more)
      closing.push(() => server.close())
      return server
    }

    async function open(server: ApiServer, options: BrowserContextOptions = {}): Promise<Opened> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
      // Before the server that it may hold connections to.
      closing.unshift(() => context.close())
      const page = await context.newPage()
      page.setDefaultTimeout(TIMEOUT)
      return { page, watch: await watchPage(page, server.url) }
    }

    body({
      serve,
      open,
      openSearch: async (init, options) => {
        const fixture = await buildFixture(init)
        const server = await serve(fixture.node)
        return { fixture, server, ...(await open(server, options)) }
      },
    })
  })
}
