import { atMost, median, type Row, row } from "@spore/figures"
// @boundaries-ignore the helpers of the explorer's own tests, which no package publishes
import { findChromium, launchBrowser } from "../../../../apps/explorer/test/support/browser.ts"
// @boundaries-ignore as above
import { measureFirstPaint, measurePan } from "../../../../apps/explorer/test/support/frames.ts"

/** Each in a browser context of its own: nothing cached. */
const OPENINGS = 5
const PAN_MS = 2_000
const KB = 1_000
const BUNDLE_BAR_KB = 180
/** The page's opening is over when nothing more was asked for so long. */
const QUIET_MS = 500

type Browser = Awaited<ReturnType<typeof launchBrowser>>
type Page = Awaited<ReturnType<Browser["newPage"]>>

export interface Site {
  experiments: number
  url: string
  /** A server of nothing but an empty page at `/page`. */
  bare: string
  task: string
}

/** Headless Chromium; undefined, with a note, where none is installed. */
export async function startBrowser(): Promise<Browser | undefined> {
  const path = findChromium()
  if (path !== undefined) return launchBrowser(path)
  process.stderr.write("explorer: no Chromium is installed: bundle, first paint and panning are not measured\n")
  return undefined
}

/** What the first page takes over the wire: scripts and styles, as the node compresses them. */
export async function bundleRow(browser: Browser, { url }: Site): Promise<Row> {
  const bytes = await inFreshPage(browser, async (page) => {
    const loads: Promise<number>[] = []
    let last = performance.now()
    page.on("requestfinished", (request) => {
      last = performance.now()
      if (["script", "stylesheet"].includes(request.resourceType())) {
        loads.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
      }
    })
    await page.goto(url)
    await page.locator('a[href^="/t/"]').first().waitFor()
    while (performance.now() - last < QUIET_MS) await page.waitForTimeout(QUIET_MS / 5)
    return (await Promise.all(loads)).reduce((sum, size) => sum + size, 0)
  })
  return row("explorer", "scripts and styles of the first page, gzip", "KB", bytes / KB, {
    bar: atMost(BUNDLE_BAR_KB, "KB"),
  })
}

/** A task's page from the navigation until its chart is on the screen, and dragged; beside an empty page. */
export async function chartRows(browser: Browser, site: Site): Promise<Row[]> {
  const paints: number[] = []
  const empty: number[] = []
  for (let i = 0; i < OPENINGS; i++) {
    empty.push(await inFreshPage(browser, (page) => emptyPaint(page, `${site.bare}/page`)))
    paints.push(await inFreshPage(browser, (page) => measureFirstPaint(page, `${site.url}/t/${site.task}`)))
  }
  const idle = await inFreshPage(browser, async (page) => {
    await page.goto(`${site.bare}/page`)
    return idleFrames(page)
  })
  const pan = await inFreshPage(browser, async (page) => {
    await measureFirstPaint(page, `${site.url}/t/${site.task}`)
    return measurePan(page, PAN_MS)
  })
  const of = `of ${site.experiments.toLocaleString("en")}`
  return [
    row("explorer", `first paint ${of}, beside an empty page`, "ms", median(paints), {
      limit: median(empty),
      bar: atMost(500, "ms"),
    }),
    row("explorer", `panning ${of}, beside an idle page`, "frames/s", pan.fps, {
      limit: idle,
      bar: { text: ">= 40 frames/s", holds: (value) => value >= 40 },
    }),
    row("explorer", `panning ${of}, longest frame`, "ms", pan.longest),
  ]
}

async function inFreshPage<T>(browser: Browser, work: (page: Page) => Promise<T>): Promise<T> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  try {
    return await work(await context.newPage())
  } finally {
    await context.close()
  }
}

async function emptyPaint(page: Page, url: string): Promise<number> {
  await page.goto(url)
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const observer = new PerformanceObserver((list) => {
          for (const { name, startTime } of list.getEntries()) if (name === "first-contentful-paint") resolve(startTime)
        })
        observer.observe({ type: "paint", buffered: true })
      }),
  )
}

function idleFrames(page: Page): Promise<number> {
  return page.evaluate(
    (duration) =>
      new Promise<number>((resolve) => {
        requestAnimationFrame((start) => {
          let frames = 0
          const next = (now: number): void => {
            frames++
            if (now - start < duration) requestAnimationFrame(next)
            else resolve((1000 * frames) / (now - start))
          }
          requestAnimationFrame(next)
        })
      }),
    PAN_MS,
  )
}
