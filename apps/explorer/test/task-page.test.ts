import { readFile } from "node:fs/promises"
import { createSporeClient } from "@spore/api/client"
import { addProfile } from "@spore/fixture"
import { makeExperiment, testIdentity, until } from "@spore/testkit"
import type { Download, Page } from "playwright-core"
import { expect, it } from "vitest"
import { neededWords } from "../src/lib/words.ts"
import { settled } from "./support/settled.ts"
import { describeInBrowser } from "./support/stage.ts"

const CLASS = "x64/26.10.0"

describeInBrowser("the task page", ({ openSearch }) => {
  const rows = (page: Page): Promise<number> => page.locator("tbody tr[data-row]").count()

  async function textOf(file: Download): Promise<string> {
    return readFile(await file.path(), "utf8")
  }

  it("filters with counts beside the values, orders by its headers, and saves what one sees", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 115 })
    const { store } = fixture.node
    await addProfile(fixture.node, { display_name: "=Hidden Heron" })
    await page.goto(`${server.url}/t/${fixture.task.id}`)
    await page.getByText("100 of 115 shown").waitFor()
    await page.getByRole("button", { name: "Show more" }).click()
    await page.getByText("115 shown", { exact: true }).waitFor()

    // What a choice says is what it lists.
    const status = page.getByLabel("Status", { exact: true })
    // The counts are the chart's, which may come after the list.
    const kept = await until(
      async () => /\((\d+)\)/.exec((await status.locator('option[value="keep"]').textContent()) ?? "")?.[1],
    )
    await status.selectOption("keep")
    await expect.poll(() => rows(page)).toBe(Number(kept))
    await page.getByLabel("Node", { exact: true }).selectOption(fixture.node.nodeId)
    const own = await store.experiments({ status: "keep", author: fixture.node.nodeId, sort: "best" }, { limit: 100 })
    await expect.poll(() => rows(page)).toBe(own.items.length)

    const byMetric = page.getByRole("columnheader", { name: /^val_bpb/ })
    await byMetric.getByRole("button").click()
    await page.waitForURL(/sort=best/)
    await page.locator(`tbody tr >> nth=0 >> a[href="/e/${own.items[0]?.id}"]`).waitFor()
    await expect.poll(() => byMetric.getAttribute("aria-sort")).toBe("ascending")

    // By keyboard: the menu opens on its first item, and the file is what is listed.
    await page.getByRole("button", { name: "Download" }).focus()
    await page.keyboard.press("Enter")
    const focusedText = (): Promise<unknown> => page.evaluate("document.activeElement.textContent")
    await expect.poll(focusedText).toMatch(/^TSV/)
    const [tsv] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")])
    expect(tsv.suggestedFilename()).toMatch(/^char-lm_x64-26\.10\.0_keep_12D3KooW\w+_\d{4}-\d\d-\d\d\.tsv$/)
    const [head = "", ...lines] = (await textOf(tsv))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"))
    expect(lines.map(([id]) => id)).toEqual(own.items.map(({ id }) => id))
    expect(lines[0]?.[head.indexOf("node_name")]).toBe("'=Hidden Heron")
    await page.getByText(`Saved ${own.items.length} rows`).waitFor()
    await page.getByRole("button", { name: "Download" }).click()
    await expect.poll(focusedText).toMatch(/^TSV/)
    await page.keyboard.press("ArrowDown")
    await expect.poll(focusedText).toMatch(/^JSON/)
    const [json] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")])
    expect(JSON.parse(await textOf(json))).toMatchObject(own.items.map(({ id, value }) => ({ id, value })))

    await page.getByRole("button", { name: "Remove the filter kept" }).click()
    await page.getByRole("button", { name: "Show all" }).click()
    await page.waitForURL((url) => !url.searchParams.has("status") && !url.searchParams.has("node"))
    await page.getByText("100 of 115 shown").waitFor()
    expect(watch.problems).toEqual([])
  })

  it("is walked by keyboard, and compares two that were picked", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 30 })
    await page.goto(`${server.url}/t/${fixture.task.id}`)
    await page.locator("tbody tr[data-row]").nth(29).waitFor()
    const focused = (): Promise<unknown> => page.evaluate("document.activeElement.closest('tr')?.dataset.row")
    const ids = await page.locator("tbody tr[data-row]").evaluateAll((all) => all.map((row) => row.dataset["row"]))
    await page.keyboard.press("j")
    await expect.poll(focused).toBe(ids[0])
    await page.keyboard.press("x")
    expect(await focused()).toBe(ids[0])
    await page.getByText("Pick 1 more to compare").waitFor()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("j")
    await page.keyboard.press("k")
    await expect.poll(focused).toBe(ids[1])
    await page.keyboard.press("x")
    await page.getByRole("link", { name: "Compare" }).click()
    await page.waitForURL((url) => url.pathname === "/compare")
    const picked = new URL(page.url()).searchParams
    expect([picked.get("a"), picked.get("b")]).toEqual([ids[0], ids[1]])

    await page.goBack()
    await page.locator("tbody tr[data-row]").first().waitFor()
    await settled(page)
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await expect.poll(focused).toBe(ids[1])
    await page.keyboard.press("Enter")
    await page.waitForURL(`**/e/${ids[1]}`)
    expect(watch.problems).toEqual([])
  })

  it("keeps of a long list the rows near the window, and the place of the rest", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 1 })
    const root = fixture.experiments[0]
    if (root === undefined) throw new Error("the fixture has no baseline")
    const made = Array.from({ length: 229 }, (_, i) => {
      const created = fixture.task.body.created + 100 + i
      return makeExperiment(testIdentity(3), {
        task: fixture.task,
        parent: root,
        created,
        score: 2,
        env: root.body.env,
      })
    })
    await fixture.node.add(...made)
    await page.goto(`${server.url}/t/${fixture.task.id}?sort=oldest`)
    for (const shown of [100, 200]) {
      await page.getByText(`${shown} of 230 shown`).waitFor()
      await page.getByRole("button", { name: "Show more" }).click()
    }
    await page.getByText("230 shown", { exact: true }).waitFor()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    await expect.poll(() => rows(page)).toBeLessThan(200)
    await settled(page)
    const height = await page.evaluate("document.body.scrollHeight")
    await page.evaluate("scrollTo(0, 0)")
    await page.locator(`a[href="/e/${fixture.experiments[0]?.id}"]`).first().waitFor()
    await expect.poll(() => rows(page)).toBeLessThan(200)
    await settled(page)
    expect(await page.evaluate("document.body.scrollHeight")).toBe(height)
    expect(watch.problems).toEqual([])
  })

  it("says what was promoted by whom, how the record moved, and what candidates need", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 110, seed: 2 })
    const { store } = fixture.node
    const [frontier, { items: candidates }] = await Promise.all([
      store.frontier(fixture.task.id, CLASS),
      store.experiments({ task: fixture.task.id, class: CLASS, candidate: true, frontier: false, sort: "best" }),
    ])
    await page.goto(`${server.url}/t/${fixture.task.id}?tab=frontier`)
    const card = (title: string): ReturnType<Page["locator"]> =>
      page.locator("section", { has: page.getByRole("heading", { name: title, exact: true }) }).last()
    await expect.poll(() => card("Frontier").locator("li").count()).toBe(frontier.length)
    await card("Frontier").getByText("rerun by").first().waitFor()
    const shown = candidates.slice(0, 20)
    expect(shown.length).toBeGreaterThan(0)
    for (const words of ["needs reruns by 2 other keys", "needs a rerun by 1 more key", "reruns disagree"]) {
      const those = shown.filter((row) => neededWords(row).startsWith(words))
      await expect.poll(() => card("Candidates").getByText(words).count()).toBe(those.length)
    }
    const steps = card("How the record moved").locator("li")
    await steps.first().locator(`a[href="/e/${frontier[0]?.id}"]`).waitFor()

    await page.getByRole("link", { name: "Improvements" }).click()
    const { items } = await createSporeClient(server.url).improvements(fixture.task.id)
    const improvements = page.getByRole("region", { name: "Improvements" }).locator("li")
    await expect.poll(() => improvements.count()).toBe(items.length)
    await improvements.first().locator(`a[href="/e/${items[0]?.experiment.id}"]`).waitFor()
    await page.getByRole("button", { name: "reproduced or upheld", exact: true }).click()
    await page.waitForURL(/verified=true/)
    const verified = await createSporeClient(server.url).improvements(fixture.task.id, { verified: true })
    expect(verified.items.length).toBeGreaterThan(0)
    // The list is empty while it loads: only its full length says that it is the answer.
    await expect.poll(() => improvements.count()).toBe(verified.items.length)
    expect(await improvements.getByText("unverified").count()).toBe(0)
    expect(watch.problems).toEqual([])
  })

  it("tells what happened in sentences, and lets the reader say when what is new may come", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 70, seed: 5 })
    await page.goto(`${server.url}/t/${fixture.task.id}?tab=activity`)
    const facts = page.getByRole("region", { name: "Activity" }).locator("li")
    await facts.nth(49).waitFor()
    await page.getByText("live", { exact: true }).waitFor()
    const before = await facts.first().textContent()
    await fixture.next()
    const pill = page.getByRole("button", { name: /^Show \d new event/ })
    await pill.waitFor()
    expect(await facts.first().textContent()).toBe(before)
    await pill.click()
    await expect.poll(() => facts.first().textContent()).not.toBe(before)

    await page.getByRole("button", { name: "reruns", exact: true }).click()
    await page.waitForURL(/kind=rerun/)
    await page
      .getByText(/, as claimed$/)
      .first()
      .waitFor()
    // Whoever reran a forged score says how far off it was.
    await page
      .getByText(/ worse than the claim$/)
      .first()
      .waitFor()
    // Nothing but reruns, once these are loaded.
    const tried = facts.getByText(" tried ")
    await expect.poll(async () => [(await facts.count()) > 0, await tried.count()]).toEqual([true, 0])
    expect(watch.problems).toEqual([])
  })

  it("is read on a phone without scrolling sideways, its tabs without a bar", async () => {
    const { fixture, server, page, watch } = await openSearch(
      { experiments: 24, words: "hostile" },
      { viewport: { width: 390, height: 844 } },
    )
    await page.goto(`${server.url}/t/${fixture.task.id}?status=keep`)
    await page.locator("tbody tr[data-row]").first().waitFor()
    await settled(page)
    const value = await page
      .locator("tbody tr[data-row]")
      .first()
      .getByText(/^\d\.\d{4}$/)
      .boundingBox()
    expect((value?.x ?? 999) + (value?.width ?? 0)).toBeLessThan(390)
    const tabs = page.getByRole("navigation", { name: "Parts of this task" })
    for (const name of ["Frontier", "Improvements", "Activity", "Nodes", "About"]) {
      const link = tabs.getByRole("link", { name: new RegExp(`^${name}`) })
      await link.click()
      await page.waitForURL(new RegExp(`tab=${name.toLowerCase()}`))
      await expect.poll(() => tabs.locator("[aria-current]").allTextContents()).toEqual([await link.textContent()])
      await settled(page)
      const box = await link.boundingBox()
      expect((box?.x ?? -1) >= 0 && (box?.x ?? 999) + (box?.width ?? 0) <= 390).toBe(true)
      const { page: sideways, row } = await page.evaluate<{ page: number; row: number }>(`({
        page: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        row: document.querySelector("nav[aria-label='Parts of this task']").offsetHeight -
          document.querySelector("nav[aria-label='Parts of this task']").clientHeight,
      })`)
      expect({ name, sideways, row }).toEqual({ name, sideways: 0, row: 0 })
    }
    // The filter of the list is still in the URL.
    expect(new URL(page.url()).searchParams.get("status")).toBe("keep")
    expect(watch.problems).toEqual([])
  })

  it("says what runs here now, and that nothing ever ran", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 0 })
    const { node, task } = fixture
    await page.goto(`${server.url}/t/${task.id}`)
    await page.getByText("Nothing of this class has a value yet").waitFor()
    await page.getByText("live", { exact: true }).waitFor()
    node.setActivity({
      kind: "experiment",
      worker: 0,
      parent: null,
      agent: "tuner",
      task: task.id,
      taskName: "char-lm",
      title: "the baseline",
      experiment: null,
      startedAt: Date.now(),
      progress: { fraction: 0.42, loss: null, remainingSeconds: 30 },
    })
    await page.getByText("Running here now: the baseline").waitFor()
    await page.getByText("42 %, about 30 s left").waitFor()
    await page.getByRole("link", { name: "About this task" }).click()
    await page.getByRole("region", { name: "About" }).getByText("spore run --task char-lm", { exact: true }).waitFor()
    await page.getByText("One for each processor architecture and version of node").waitFor()
    expect(watch.problems).toEqual([])
  })
})
