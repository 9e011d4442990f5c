import type { Page } from "playwright-core"
import { until } from "@spore/testkit"

/** Times in a row that a page must look the same. */
const SAME = 3

/** Waits until a page has loaded and changes no more: the same text, size and charts for a while. */
export async function settled(page: Page, timeoutMs = 20_000): Promise<void> {
  await page.locator("main").first().waitFor({ state: "attached", timeout: timeoutMs })
  let before = ""
  let times = 0
  await until(
    async () => {
      const now = await page.evaluate<string>(
        `JSON.stringify([location.href, document.body.innerText, document.documentElement.scrollHeight,
          document.querySelectorAll("[aria-busy=true]").length +
            Number(document.querySelector("main").innerText.trim() === "")])`,
      )
      times = now === before && now.endsWith(",0]") ? times + 1 : 0
      before = now
      return times >= SAME
    },
    { timeoutMs, intervalMs: 120, what: "a page that stands still" },
  )
}
