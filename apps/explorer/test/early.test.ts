import { buildFixture } from "@spore/fixture"
import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { settled } from "./support/settled.ts"
import { describeInBrowser } from "./support/stage.ts"

const CLASS = "x64/26.10.0"

describeInBrowser("what is asked for before a page's scripts run", ({ serve, open }) => {
  /** Opens a page; what it asks its node for, in order. */
  async function openAndWatch(page: Page, url: string, shown: string): Promise<string[]> {
    const asked: string[] = []
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url())
      if (pathname !== "/api/v1/events") asked.push(pathname + search)
    })
    await page.goto(url)
    await page.locator(shown).first().waitFor()
    await settled(page)
    return asked
  }

  it.each([
    ["the tasks' page", "/", 'main a[href^="/t/"]'],
    ["a task's page", "/t/TASK", "[data-painted]"],
    ["a class's page", `/t/TASK?${new URLSearchParams({ class: CLASS })}`, "[data-painted]"],
    ["an experiment's page", "/e/EXPERIMENT", "tr mark"],
  ])("%s would ask for anyway, and asks for it once", async (_, path, shown) => {
    const { node, task, next } = await buildFixture({ experiments: 30 })
    const made = await next()
    const server = await serve(node)
    const url = server.url + path.replace("TASK", task.id).replace("EXPERIMENT", made.id)

    const { page: plain } = await open(server)
    await plain.route("**/early.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }))
    const anyway = await openAndWatch(plain, url, shown)

    const { page, watch } = await open(server)
    const asked = await openAndWatch(page, url, shown)
    const links = await page
      .locator('link[rel="preload"], link[rel="modulepreload"]')
      .evaluateAll((all) => all.map((link) => link.getAttribute("href") ?? ""))
    // What the page's own scripts load later is linked to by whole addresses.
    const early = links.filter((href) => href.startsWith("/"))
    expect(early).toContain("/api/v1/status")
    expect(anyway).toEqual(expect.arrayContaining(early))
    expect(asked).toEqual(expect.arrayContaining(early))
    // The status is asked for again and again.
    const others = asked.filter((href) => href !== "/api/v1/status")
    expect(others).toEqual([...new Set(others)])
    expect(watch.problems).toEqual([])
  })
})
