import { readFile } from "node:fs/promises"
import type { Fixture } from "@spore/fixture"
import { packGraph } from "@spore/api/client"
import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { measureFirstPaint, measurePan } from "../support/frames.ts"
import { describeInBrowser, type Opened } from "../support/stage.ts"
import { syntheticGraph } from "../support/synthetic-graph.ts"

describeInBrowser("charts of a task", ({ openSearch }) => {
  /** A task's page; with `synthetic`, its chart shows a search of that many instead of the few there are. */
  async function open(experiments: number, synthetic?: number): Promise<Opened & { fixture: Fixture; url: string }> {
    const { fixture, server, page, watch } = await openSearch(
      { experiments },
      { viewport: { width: 1280, height: 800 }, acceptDownloads: true },
    )
    if (synthetic !== undefined) {
      const list = await fetch(`${server.url}/api/v1/experiments?limit=1`)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the page's client checks what it is
      const { items } = (await list.json()) as { items: unknown[] }
      await page.route(/\/graph(\?|$)/, (route) =>
        route.fulfill({ json: packGraph(syntheticGraph(synthetic, fixture.task.id)) }),
      )
      await page.route(/\/graph\/\d+$/, (route) => route.fulfill({ json: items[0] }))
    }
    return { fixture, url: `${server.url}/t/${fixture.task.id}`, page, watch }
  }

  const rangeOf = (page: Page): [number, number] => {
    const { searchParams } = new URL(page.url())
    return [Number(searchParams.get("from")), Number(searchParams.get("to"))]
  }
  const widthOf = (page: Page): number => {
    const [from, to] = rangeOf(page)
    return to - from
  }

  it("pans and zooms by keys, pointer and wheel, keeps it in the URL, and stays where it is as others arrive", async () => {
    const { fixture, url, page, watch } = await open(40)
    await page.goto(url)
    const chart = page.locator("[data-points]")
    await page.locator("[data-painted]").waitFor()
    expect(await page.evaluate(`performance.getEntriesByName("spore:chart-painted").length`)).toBe(1)

    await chart.focus()
    await page.keyboard.press("+")
    await page.keyboard.press("+")
    // The URL follows when the keys have come to rest, which may be after the first.
    await expect.poll(() => widthOf(page)).toBeCloseTo(39 / 1.6 ** 2, 0)
    const zoomed = rangeOf(page)
    await page.keyboard.press("Shift+ArrowRight")
    await expect.poll(() => rangeOf(page)[0]).toBeGreaterThan(zoomed[0])
    const moved = rangeOf(page)
    expect(moved[1] - moved[0]).toBeCloseTo(zoomed[1] - zoomed[0], 1)
    await page.reload()
    await page.locator("[data-painted]").waitFor()
    expect(rangeOf(page)).toEqual(moved)

    const box = await chart.boundingBox()
    if (box === null) throw new Error("the chart has no box")
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2]
    await page.mouse.move(x, y)
    await page.mouse.down()
    for (let step = 1; step <= 5; step++) await page.mouse.move(x + step * 30, y)
    await page.mouse.up()
    await expect.poll(() => rangeOf(page)[0]).toBeLessThan(moved[0])
    const dragged = rangeOf(page)
    await page.keyboard.down("Control")
    await page.mouse.wheel(0, -100)
    await page.keyboard.up("Control")
    await expect.poll(() => rangeOf(page)[1] - rangeOf(page)[0]).toBeLessThan(dragged[1] - dragged[0])
    const wheeled = rangeOf(page)
    // The wheel alone is the page's.
    await page.mouse.wheel(0, 120)
    await expect.poll(() => page.evaluate("scrollY")).toBeGreaterThan(0)
    expect(rangeOf(page)).toEqual(wheeled)

    await page.getByText("live", { exact: true }).waitFor()
    await fixture.next()
    await page.locator('[data-points="41"]').waitFor()
    expect(rangeOf(page)).toEqual(wheeled)
    await page.getByRole("button", { name: "whole search" }).click()
    await page.waitForURL((address) => !address.searchParams.has("from"))
    await expect.poll(() => page.getByRole("button", { name: "whole search" }).isDisabled()).toBe(true)

    const discarded = page.getByRole("button", { name: /^discarded \d/ })
    await discarded.click()
    await page.waitForURL(/[?&]hide=discarded/)
    await page.getByText("Discarded: it does not improve").waitFor()
    await page.reload()
    await expect.poll(() => discarded.getAttribute("aria-pressed")).toBe("false")
    expect(watch.problems).toEqual([])
  })

  it("shows the kept ones as a tree, walked by keys, and opens what is pruned", async () => {
    const { url, page, watch } = await open(12, 4000)
    await page.goto(url)
    await page.getByRole("button", { name: "tree", exact: true }).click()
    await page.waitForURL(/[?&]view=tree/)
    const tree = page.locator('[aria-roledescription="tree"]')
    await page.locator("[data-painted]").waitFor()
    const tags = tree.getByRole("button")
    await tags.first().waitFor()
    const low = await tree.boundingBox()

    const spoken = tree.locator("[aria-live]")
    await tree.focus()
    await page.keyboard.press("ArrowDown")
    await expect.poll(() => spoken.textContent()).toMatch(/^Experiment [\d,]+: val_bpb .*discarded below it$/)
    const best = await spoken.textContent()
    await page.keyboard.press("ArrowUp")
    await expect.poll(() => spoken.textContent()).not.toBe(best)
    await page.keyboard.press("ArrowDown")
    await expect.poll(() => spoken.textContent()).toBe(best)
    // From the end of a lane down to what is pruned of it; Enter shows more, and the URL keeps it.
    await page.keyboard.press("ArrowDown")
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toMatch(/^\+/)
    await page.keyboard.press("Enter")
    await page.waitForURL(/[?&]open=1(&|$)/)
    await expect
      .poll(() => tree.boundingBox().then((box) => (box?.height ?? 0) - (low?.height ?? 0)))
      .toBeGreaterThan(100)
    await tags.last().click()
    await page.waitForURL(/[?&]open=1(%2C|,)\d+/)

    await page.setViewportSize({ width: 390, height: 844 })
    await expect
      .poll(() => page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
      .toBe(0)
    expect(watch.problems).toEqual([])
  })

  it("saves what is seen as PNG and SVG", async () => {
    const { url, page, watch } = await open(12, 12_000)
    const save = async (format: string): Promise<{ name: string; bytes: Buffer }> => {
      const waiting = page.waitForEvent("download")
      await page.getByRole("button", { name: format, exact: true }).click()
      const download = await waiting
      return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) }
    }
    for (const [view, words] of [
      ["", "running best"],
      ["?view=tree", "lineage of the best"],
    ] as const) {
      expect(await measureFirstPaint(page, url + view)).toBeGreaterThan(0)
      const width = (await page.locator("[data-points]").boundingBox())?.width ?? 0
      const png = await save("PNG")
      expect(png.name).toMatch(/^char-lm_.*\.png$/)
      expect(png.bytes.subarray(0, 8).toString("latin1")).toBe("\u0089PNG\r\n\u001a\n")
      expect(png.bytes.readUInt32BE(16)).toBe(2 * Math.floor(width))
      const svg = await save("SVG")
      expect(svg.name).toMatch(/^char-lm_.*\.svg$/)
      const read = await page.evaluate((text) => {
        const parsed = new DOMParser().parseFromString(text, "image/svg+xml")
        return { text: parsed.documentElement.textContent, broken: parsed.querySelector("parsererror") !== null }
      }, svg.bytes.toString())
      expect(read.broken).toBe(false)
      expect(read.text).toContain("char-lm: ")
      expect(read.text).toContain(words)
    }
    expect(watch.problems).toEqual([])
  })

  it("is drawn anew for each frame while it is moved, however many there are", async () => {
    const { url, page, watch } = await open(12, 40_000)
    await measureFirstPaint(page, url)
    const { fps, longest } = await measurePan(page, 500)
    expect(fps).toBeGreaterThan(0)
    expect(longest).toBeGreaterThan(0)
    await expect.poll(() => widthOf(page)).toBeCloseTo(39_999 / 1.6 ** 4, -2)
    expect(watch.problems).toEqual([])
  })
})
