import type { Page } from "playwright-core"

/** How a chart kept up while it was moved. */
export interface PanFigures {
  /** Frames a second. */
  readonly fps: number
  /** Longest time between two frames, in ms. */
  readonly longest: number
}

/** Opens a task's page; ms from the start of the navigation until its chart had been painted. */
export async function measureFirstPaint(page: Page, url: string): Promise<number> {
  await page.goto(url, { waitUntil: "commit" })
  await page.locator("[data-painted]").waitFor()
  return page.evaluate(() => performance.getEntriesByName("spore:chart-painted")[0]?.startTime ?? Number.NaN)
}

/** Shows a fifth of the search and drags it to and fro for a time; what is asked of the page is one move a frame. */
export async function measurePan(page: Page, ms = 2000): Promise<PanFigures> {
  const chart = page.locator("[data-points]")
  await chart.focus()
  for (let i = 0; i < 4; i++) await page.keyboard.press("+")
  // Until the zoom is in the URL, so that the page renders nothing but the chart.
  await page.waitForURL(/[?&]from=/)
  return chart.evaluate(async (element, duration): Promise<PanFigures> => {
    const box = element.getBoundingClientRect()
    const middle = box.left + box.width / 2
    const send = (type: string, x: number): void => {
      const at = { clientX: x, clientY: box.top + box.height / 2, button: 0, buttons: 1, pointerId: 1 }
      element.dispatchEvent(new PointerEvent(type, { ...at, pointerType: "mouse", isPrimary: true, bubbles: true }))
    }
    // A pointer that no device has cannot be captured.
    element.setPointerCapture = () => undefined
    const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve))
    send("pointerdown", middle)
    const start = await frame()
    let last = start
    let frames = 0
    let longest = 0
    while (last - start < duration) {
      send("pointermove", middle + Math.sin((last - start) / 200) * box.width * 0.4)
      const now = await frame()
      longest = Math.max(longest, now - last)
      last = now
      frames++
    }
    send("pointerup", middle)
    return { fps: (1000 * frames) / (last - start), longest }
  }, ms)
}
