import axe from "axe-core"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { findChromium, launchBrowser } from "./support/browser.ts"
import { settled } from "./support/settled.ts"
import { createWorld, type World } from "./support/world.ts"

const chromium = findChromium()
const WIDE = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
/** Pages that others are like. */
const ALIKE = new Set(["task-time", "search-empty", "experiment-newest-1", "experiment-best", "compare-newest"])

describe.skipIf(chromium === undefined)("accessibility (skipped without Chromium: apt-get install chromium)", () => {
  let browser: Browser
  let world: World
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    world = await createWorld({ experiments: 24 })
    browser = await launchBrowser(chromium ?? "")
    context = await browser.newContext({ viewport: WIDE, reducedMotion: "reduce" })
    page = await context.newPage()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await world?.[Symbol.asyncDispose]()
  })

  /** What axe finds: rule, element, how. The script goes in through the debugger, since the page's policy lets no other in. */
  async function violations(rules?: readonly string[]): Promise<string[]> {
    await page.evaluate(axe.source)
    const options = rules === undefined ? {} : { runOnly: { type: "rule", values: rules } }
    return page.evaluate<string[]>(
      `axe.run(document, ${JSON.stringify({ ...options, resultTypes: ["violations"] })}).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) =>
          [id, target.join(" "), failureSummary.split("\\n").slice(1).join(" ").trim()].join(": "))))`,
    )
  }

  it("has no violation and is walked by Tab, on every page, light and dark", { timeout: 240_000 }, async () => {
    const found: string[] = []
    for (const [name, path] of world.pages) {
      if (ALIKE.has(name)) continue
      const note = (list: readonly string[]): void => void found.push(...list.map((text) => `${name}: ${text}`))
      await page.setViewportSize(WIDE)
      await page.emulateMedia({ colorScheme: "light" })
      await page.goto(world.server.url + path)
      await settled(page)
      note(await walk(page))
      note(await violations())
      await page.emulateMedia({ colorScheme: "dark" })
      await page.setViewportSize(PHONE)
      await settled(page)
      note(await violations(["color-contrast", "scrollable-region-focusable", "target-size"]))
    }
    expect(found).toEqual([])
  })
})

/** Presses Tab once for each element that acts, and a few times more; what is wrong with where it stopped. */
async function walk(page: Page): Promise<string[]> {
  const expected = await page.evaluate<number>(LISTEN)
  const debuggerOf = await page.context().newCDPSession(page)
  const key = { key: "Tab", code: "Tab", windowsVirtualKeyCode: 9 }
  await Promise.all(
    Array.from({ length: expected + 4 }, () =>
      debuggerOf.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key }),
    ),
  )
  await debuggerOf.detach()
  const { reached, unseen, isForward } = await page.evaluate<{ reached: number; unseen: string[]; isForward: boolean }>(
    REPORT,
  )
  const wrong = unseen.map((element) => `the focus is not seen on ${element}`)
  // A trap is where some are never reached.
  if (reached < expected) wrong.push(`Tab reaches ${reached} of ${expected} elements that act`)
  if (!isForward) wrong.push("Tab goes back and forth")
  return wrong
}

/** Notes where the focus goes and whether anything shows it; gives how many elements that act are shown. */
const LISTEN = `(() => {
  const stops = (window.stops = [])
  const isSeen = (one) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one)
    return (outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none"
  }
  document.addEventListener("focusin", ({ target }) => {
    const around = target.parentElement
    stops.push({ target, isSeen: isSeen(target) || isSeen(around) || (target.closest("tr, li, form") ?? target).matches(":focus-within") && isSeen(target.closest("tr, li, form") ?? target) })
  })
  return [...document.querySelectorAll("a[href], button:not(:disabled), select:not(:disabled), input:not(:disabled), [tabindex='0']")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }) && one.tabIndex >= 0 && one.closest("[inert]") === null)
    .length
})()`

const REPORT = `(() => {
  const first = new Map()
  window.stops.forEach(({ target }, i) => first.has(target) || first.set(target, i))
  const order = [...first.keys()]
  const isForward = order.every((one, i) => i === 0 || (order[i - 1].compareDocumentPosition(one) & 4) !== 0)
  const unseen = window.stops.filter(({ isSeen }) => !isSeen).map(({ target }) => target.outerHTML.slice(0, 120))
  return { reached: order.length, unseen: [...new Set(unseen)], isForward }
})()`
