import type { ApiServer } from "@spore/api"
import type { Locator, Page } from "playwright-core"
import { beforeAll, expect, it } from "vitest"
import { buildVerified, createFakeNode, type VerifiedFixture } from "@spore/fixture"
import { settled } from "./support/settled.ts"
import { describeInBrowser, type Opened } from "./support/stage.ts"

describeInBrowser("verification", (stage) => {
  let fixture: VerifiedFixture
  let server: ApiServer

  beforeAll(async () => {
    fixture = await buildVerified(await createFakeNode())
    server = await stage.serve(fixture.node)
  })

  async function open(path: string, width = 1280): Promise<Opened> {
    const opened = await stage.open(server, { viewport: { width, height: 900 } })
    await opened.page.goto(server.url + path)
    return opened
  }

  const main = (page: Page): Locator => page.locator("main")
  const resultsOf = (page: Page): Locator => page.locator("section", { hasText: "Verification" }).locator("tbody tr")

  it("puts the claim, the value and each key's result into one table that is the plot", async () => {
    const { page, watch } = await open(`/e/${fixture.noisy.id("upheld")}`)
    await resultsOf(page).nth(5).waitFor()
    const rows = await resultsOf(page).allTextContents()
    expect(rows).toHaveLength(6)
    expect(rows[0]).toMatch(/^Claim.*3\.1891/)
    expect(rows[1]).toMatch(/^Value.*3\.\d+ ± 0\.000\d+/)
    expect(rows[2]).toMatch(/3\.2003.*\+0\.0112.*\d\.\d sd worse.*differs/)
    expect(rows.filter((row) => row.includes("agrees"))).toHaveLength(3)
    // A mark for the result and a tick for each replicate, with the claim's line through every row.
    await expect.poll(() => resultsOf(page).nth(3).locator("circle").count()).toBe(1)
    await expect.poll(() => resultsOf(page).nth(3).locator("path").count()).toBe(2)
    await expect
      .poll(() => page.locator("caption").textContent())
      .toMatch(/^The claim, the value and each key’s result in val_loss; A key’s result at or below 3\.19\d\d agrees/)
    await page.getByText("upheld 3/4").first().waitFor()
    await page.getByText("4 keys reran it on rtx_4090").waitFor()
    await page.getByText("challenged it on 1 rerun: evidence against the claim, so it counts").waitFor()
    await expect.poll(() => page.getByText("reran it, as asked: 3.18").count()).toBe(3)
    await page.getByText("remarks that the claim stands").waitFor()
    await page.getByText("is believed by nobody").waitFor()
    expect(watch.problems).toEqual([])
  })

  it("tells a vote from a run that has none, and compares by own baselines", async () => {
    const { page, watch } = await open(`/e/${fixture.timed.id("table")}`)
    await resultsOf(page).nth(5).waitFor()
    const [outsider] = (await resultsOf(page).allTextContents()).filter((row) => row.includes("no vote"))
    expect(outsider).toContain("no vote: has not run the baseline")
    await page.getByText("a slow machine is no liar").waitFor()
    // What cannot be compared has no place on the axis.
    const row = resultsOf(page).filter({ hasText: "no vote" })
    expect(await row.locator("circle").count()).toBe(0)
    expect(watch.problems).toEqual([])
  })

  it("shows a rerun as it arrives, without moving what is read below", async () => {
    const { page, watch } = await open(`/e/${fixture.noisy.id("fresh")}`)
    await page.getByText("live", { exact: true }).waitFor()
    await page.getByText("Nobody else has rerun it yet").waitFor()
    const below = page.getByRole("heading", { name: "Signed record" })
    await below.waitFor()
    await settled(page)
    const before = await below.boundingBox()
    await fixture.noisy.rerun("fresh", 4, 3.1951)
    await page.getByText("reproduced 1/1").first().waitFor()
    await expect.poll(() => resultsOf(page).nth(2).textContent()).toMatch(/3\.1951.*agrees/)
    await settled(page)
    expect(await below.boundingBox()).toEqual(before)
    expect(watch.problems).toEqual([])
  })

  it("says state, value with its error, and keys wherever a score stands", async () => {
    const { noisy } = fixture
    const best = /3\.18910 ± 0\.000\d+/
    const { page, watch } = await open("/")
    await page.getByText("upheld 3/4").first().waitFor()
    await expect.poll(() => main(page).textContent()).toMatch(best)
    await page.goto(`${server.url}/t/${noisy.task.id}?tab=frontier`)
    await page.getByRole("group", { name: "2 tied for best" }).waitFor()
    const tied = page.getByRole("group", { name: "2 tied for best" }).getByRole("listitem")
    await expect.poll(() => tied.count()).toBe(2)
    await page.getByText("Promoted: reruns by at least two other keys").waitFor()
    await page.goto(`${server.url}/t/${noisy.task.id}`)
    await page.locator("tbody tr").nth(13).waitFor()
    await settled(page)
    const rows = await page.locator("tbody tr").allTextContents()
    const withScore = rows.filter((row) => !row.includes("crashed"))
    expect(withScore.every((row) => /(unverified|[a-z]+ \d\/\d)/.test(row))).toBe(true)
    expect(rows.find((row) => row.includes("upheld"))).toMatch(best)
    await page.locator("[data-points]").focus()
    await page.keyboard.press("ArrowLeft")
    const spoken = page.locator("[data-points] [aria-live]")
    await expect.poll(() => spoken.textContent()).toMatch(/ ± 0\.000\d+, promoted, upheld 3\/4/)
    await page.goto(`${server.url}/e/${noisy.id("beta")}`)
    const tried = page.locator("section", { hasText: "Tried from here" }).locator("tbody tr")
    await tried.first().waitFor()
    await expect.poll(() => tried.first().textContent()).toMatch(best)
    expect(watch.problems).toEqual([])
  })

  it("shows a broken host by its residuals", async () => {
    const [dispute] = (await fixture.node.store.disputes({ experiment: fixture.noisy.id("upheld") })).items
    const { page, watch } = await open(`/n/${dispute?.author}`)
    const plot = page.getByRole("img", { name: "2 reruns on noisy tasks, 2 of them beyond what noise explains" })
    await plot.waitFor()
    const rows = page.locator("section", { hasText: "Reruns beside the claims" }).locator("tbody tr")
    await expect.poll(() => rows.count()).toBe(4)
    expect((await rows.allTextContents()).every((row) => row.includes("differs"))).toBe(true)
    expect(watch.problems).toEqual([])
  })

  it("fits a phone", async () => {
    const { noisy, exact, timed, node } = fixture
    const { page, watch } = await open("/", 390)
    for (const path of [
      "/",
      `/t/${noisy.task.id}`,
      `/t/${noisy.task.id}?tab=frontier`,
      ...["upheld", "forged", "lucky", "crash", "elsewhere"].map((name) => `/e/${noisy.id(name)}`),
      `/e/${exact.id("slandered")}`,
      `/e/${timed.id("table")}`,
      `/n/${node.nodeId}`,
    ]) {
      await page.goto(server.url + path)
      await settled(page)
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      )
      expect({ path, overflow }).toEqual({ path, overflow: 0 })
    }
    expect(watch.problems).toEqual([])
  })
})
