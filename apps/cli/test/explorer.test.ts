import { freePort } from "@spore/testkit"
import type { Browser } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
// @boundaries-ignore the helpers of the explorer's own tests, which no package publishes
import { findChromium, launchBrowser, watchPage } from "../../explorer/test/support/browser.ts"
import { taskIn } from "./support/network-task.ts"
import { runNode } from "./support/node.ts"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome } from "./support/spore.ts"

const chromium = findChromium()

describe.skipIf(chromium === undefined || !sandboxed)("the explorer of a real node", { timeout: 120_000 }, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchBrowser(chromium ?? "")
  })
  afterAll(() => browser?.close())

  it("shows what runs, sees an experiment arrive, and opens it with its diff", async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "node")
    await using node = await runNode(home, "node", "--solo", "--task", task)
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(60_000)
    const watch = await watchPage(page, node.url)

    await page.goto(node.url)
    await page.getByText("followed here").waitFor()
    await page.getByRole("link", { name: "parabola" }).last().click()
    await page.getByText("live", { exact: true }).waitFor()
    const chart = page.locator("[data-points]")
    const shown = async (): Promise<number> => Number(await chart.getAttribute("data-points"))
    const before = await shown()
    await page.waitForFunction(
      (count) => Number(document.querySelector("[data-points]")?.getAttribute("data-points")) > count,
      before,
    )

    const newest = (await node.client.experiments({ task })).items.find(({ parent }) => parent !== null)
    await page.goto(`${node.url}/e/${newest?.id}`)
    await page.getByRole("heading", { level: 1, name: newest?.title ?? "" }).waitFor()
    await page.getByText("No other key has rerun it yet").first().waitFor()
    await page.locator("tr mark").first().waitFor()
    await page.goBack()
    await chart.waitFor()
    expect(watch.problems).toEqual([])
    await page.close()
  })

  it("says that the node does not answer, and goes on when it is back", async () => {
    await using home = await emptyHome()
    const task = await taskIn(home, "node")
    const run = ["--solo", "--task", task, "--web-port", String(await freePort())]
    await using node = await runNode(home, "node", ...run)
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
    page.setDefaultTimeout(60_000)
    await page.goto(`${node.url}/t/${task}`)
    const points = page.locator("[data-points]")
    await points.waitFor()
    await page.getByText("live", { exact: true }).waitFor()

    expect(await node.stop()).toBe(0)
    await page.getByText("not answering", { exact: true }).waitFor()
    // What was loaded stays to be read.
    const before = Number(await points.getAttribute("data-points"))
    expect(before).toBeGreaterThan(0)

    await using restarted = await runNode(home, "node", ...run)
    expect(restarted.url).toBe(node.url)
    await page.getByText("live", { exact: true }).waitFor()
    await page.waitForFunction(
      (count) => Number(document.querySelector("[data-points]")?.getAttribute("data-points")) > count,
      before,
    )
    await page.close()
  })
})
