import type { Page } from "playwright-core"
import { expect, it } from "vitest"
import { addProfile, legacyObject } from "@spore/fixture"
import { settled } from "./support/settled.ts"
import { describeInBrowser } from "./support/stage.ts"

describeInBrowser("explorer", ({ openSearch }) => {
  /** Waits until the chart shows `count` experiments. */
  async function chartOf(page: Page, count: number): Promise<void> {
    await page.waitForSelector(`[data-points="${count}"]`).catch(async (error: unknown) => {
      throw new Error(`no chart of ${count}; the page shows: ${await page.locator("body").textContent()}`, {
        cause: error,
      })
    })
  }

  it("goes from the tasks to a task, sees an experiment arrive, and opens it", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 12 })
    const { node, task } = fixture
    node.setActivity({
      kind: "experiment",
      worker: 0,
      parent: null,
      agent: "tuner",
      task: task.id,
      taskName: "char-lm",
      title: "hidden 64 → 96",
      experiment: null,
      startedAt: Date.now(),
      progress: null,
    })
    await page.goto(server.url)
    await page.getByText("hidden 64 → 96").waitFor()
    await page.getByText("live", { exact: true }).waitFor()
    node.setActivity({
      kind: "experiment",
      worker: 0,
      parent: null,
      agent: "tuner",
      task: task.id,
      taskName: "char-lm",
      title: "hidden 64 → 96",
      experiment: null,
      startedAt: Date.now(),
      progress: { fraction: 0.42, loss: 2.25, remainingSeconds: 30 },
    })
    await page.getByText("loss 2.2500").waitFor()
    await page.locator('[role="progressbar"][aria-valuenow="42"]').waitFor()

    await page.getByRole("link", { name: "char-lm" }).last().click()
    await chartOf(page, 12)
    const top = page.locator("tbody tr").first()
    await top.waitFor()
    await settled(page)
    const before = { text: await top.locator("a").first().textContent(), box: await top.boundingBox() }

    const made = await fixture.next()
    await chartOf(page, 13)
    const pill = page.getByRole("button", { name: "Show 1 new experiment" })
    await pill.waitFor()
    // What one reads has not moved.
    expect({ text: await top.locator("a").first().textContent(), box: await top.boundingBox() }).toEqual(before)

    await pill.click()
    const link = page.locator(`a[href="/e/${made.id}"]`)
    await link.waitFor()
    await pill.waitFor({ state: "detached" })
    await link.click()
    await page.getByRole("heading", { level: 1, name: made.body.proposal.title }).waitFor()
    await page.getByText(made.body.proposal.hypothesis).waitFor()
    await page.locator("tr mark").first().waitFor()
    await page.getByText(made.id, { exact: true }).waitFor()
    await expect.poll(() => page.title()).toBe(`${made.body.proposal.title} · Spore`)

    await page.goBack()
    await chartOf(page, 13)
    expect(watch.problems).toEqual([])
  })

  it("keeps up with facts that come all at once, as in a sync", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 5 })
    await page.goto(`${server.url}/t/${fixture.task.id}`)
    await chartOf(page, 5)
    await page.getByText("live", { exact: true }).waitFor()
    for (let i = 0; i < 60; i++) await fixture.next()
    await chartOf(page, 65)
    await page.getByRole("button", { name: "Show 60 new experiments" }).click()
    await page.locator("tbody tr").nth(64).waitFor()
    expect(watch.problems).toEqual([])
  })

  it("begins empty, and shows the first experiment by itself", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 0 })
    await page.goto(`${server.url}/t/${fixture.task.id}`)
    await page.getByText("The first is the baseline").waitFor()
    await page.getByText("live", { exact: true }).waitFor()
    const made = await fixture.next()
    await chartOf(page, 1)
    await page.locator(`a[href="/e/${made.id}"]`).first().waitFor()
    expect(watch.problems).toEqual([])
  })

  it("keeps filters and views in the URL", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 60 })
    const { items: kept } = await fixture.node.store.experiments({ status: "keep" })
    await page.goto(`${server.url}/t/${fixture.task.id}?status=keep&y=gap`)
    await page
      .locator("tbody tr")
      .nth(kept.length - 1)
      .waitFor()
    await expect.poll(() => page.locator("tbody tr").count()).toBe(kept.length)
    await page.locator('button[aria-pressed="true"]', { hasText: "log gap to best" }).waitFor()
    await page.getByLabel("Reruns say").selectOption("yes")
    await page.waitForURL(/verified=true/)
    await page.getByRole("link", { name: /^Frontier/ }).click()
    await page.waitForURL(/tab=frontier/)
    await page.getByText("A claim promotes nothing").waitFor()
    await page.reload()
    await page.getByText("A claim promotes nothing").waitFor()
    expect(new URL(page.url()).searchParams.get("status")).toBe("keep")
    expect(watch.problems).toEqual([])
  })

  it("is walked by keyboard in the chart", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 30 })
    await page.goto(`${server.url}/t/${fixture.task.id}`)
    await chartOf(page, 30)
    await page.locator("[data-points]").focus()
    await page.keyboard.press("ArrowLeft")
    const spoken = page.locator("[data-points] [aria-live]")
    await expect.poll(() => spoken.textContent()).toMatch(/^Experiment \d+: val_bpb/)
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.waitForURL(/\/e\/bafy/)
    expect(watch.problems).toEqual([])
  })

  it("says what reruns found of a forged score", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 130, seed: 5 })
    const { store } = fixture.node
    const { items } = await store.experiments({ verdict: "refuted" })
    const controls = await Promise.all(items.map(({ id }) => store.controls(id)))
    const forged = items.find((_, i) => (controls[i]?.length ?? 0) > 0)
    expect(forged).toBeDefined()
    await page.goto(`${server.url}/e/${forged?.id}`)
    await page.getByText(forged?.explanation ?? "").waitFor()
    await page.getByText("At least two other keys, and more than two thirds of those that reran it").waitFor()
    await page.getByText("remarks that the claim does not stand").waitFor()
    expect(watch.problems).toEqual([])
  })

  it("says which code is not held here", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 8, missing: 1 })
    await page.goto(`${server.url}/e/${fixture.experiments.at(-1)?.id}`)
    await page.getByText("is not held on this node").waitFor()
    expect(watch.problems).toEqual([])
  })

  it("answers addresses that lead nowhere", async () => {
    const { server, page } = await openSearch({ experiments: 1 })
    await page.goto(`${server.url}/nobody/was/here`)
    const main = page.locator("main")
    await expect.poll(() => main.textContent()).toContain("There is no such page")
    await page.goto(`${server.url}/e/bafynothing`)
    await expect.poll(() => main.textContent()).toContain("Not found here")
  })

  it("finds by words, from the keyboard, and shows a node in its own words", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 20 })
    const { node } = fixture
    await addProfile(node, {
      display_name: "Hidden Heron",
      bio: "Runs what others leave.",
      website: "https://heron.example/spore",
    })
    await page.goto(server.url)
    await page.getByText("live", { exact: true }).waitFor()
    const box = page.getByRole("searchbox")
    await page.keyboard.press("/")
    await expect.poll(() => page.evaluate("document.activeElement.type")).toBe("search")
    await page.keyboard.type("hidden")
    await page.keyboard.press("Enter")
    await page.waitForURL(/\/search\?q=hidden/)
    await page.locator("main").getByText("Hidden Heron").first().waitFor()
    const { items } = await node.store.search("hidden", {}, { limit: 50 })
    await expect.poll(() => page.locator("main li").count()).toBe(items.length)
    const experiment = items.find((hit) => hit.kind === "experiment")
    await page.locator(`main a[href="/e/${experiment?.experiment.id}"]`).waitFor()

    await box.fill("zzzz")
    await box.press("Enter")
    await page.getByText("Nothing here has these words").waitFor()
    await page.goBack()
    await page.locator(`main a[href="/n/${node.nodeId}"]`).click()
    await page.getByRole("heading", { level: 1, name: /Hidden Heron/ }).waitFor()
    const link = page.getByRole("link", { name: "https://heron.example/spore" })
    expect(await link.getAttribute("rel")).toBe("noopener noreferrer nofollow ugc")
    expect(watch.problems).toEqual([])
  })

  it("shows what the 0.6 network left, orphans included", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 2 })
    const fields = { author: fixture.node.nodeId, created: 1_750_000_000, task: "ab12".repeat(16) }
    const root = legacyObject("legacy_experiment", { ...fields, score: 1.5, title: "the beginning" })
    const orphan = legacyObject("legacy_experiment", {
      ...fields,
      parent: "cd34".repeat(16),
      score: 1.4,
      title: "an orphan",
      hypothesis: "It stands alone.",
    })
    await fixture.node.add(root, orphan)
    await page.goto(server.url)
    await page.getByText("0.6", { exact: true }).waitFor()
    await page.getByRole("link", { name: "legacy-ab12ab12" }).click()
    await chartOf(page, 2)
    await page.getByRole("link", { name: "About", exact: true }).click()
    await page.getByText("nobody signed a manifest", { exact: true }).waitFor()
    await page.goto(`${server.url}/e/${orphan.id}`)
    await page.getByText("its parent is not here").waitFor()
    await page.getByText("cd34cd34 is not here").waitFor()
    await page.getByText("It stands alone.").first().waitFor()
    await page.getByText("is not held on this node").waitFor()
    await page.getByRole("heading", { name: "Signed fields" }).waitFor()
    expect(watch.problems).toEqual([])
  })

  it("greys what is withheld, and says so", async () => {
    const { fixture, server, page, watch } = await openSearch({ experiments: 12 })
    const { store } = fixture.node
    const target = (await store.experiments({ sort: "oldest" })).items.find(({ parent }) => parent !== null)
    if (target === undefined) throw new Error("the fixture has no child")
    await store.block("id", target.id, "copied")
    await page.goto(`${server.url}/e/${target.id}`)
    await page.getByText("whoever runs this node chose not to keep what it says").first().waitFor()
    await settled(page)
    expect(await page.locator("main").textContent()).not.toContain(target.title)
    await page.goto(`${server.url}/t/${fixture.task.id}?class=%3F`)
    await chartOf(page, 1)
    await page
      .locator("tbody")
      .getByText(/^withheld \S{8}$/)
      .waitFor()
    expect(watch.problems).toEqual([])
  })

  it("runs nothing of what strangers wrote, shows what they hid, and keeps its layout on a phone", async () => {
    const { fixture, server, page, watch } = await openSearch(
      { experiments: 9, words: "hostile" },
      { viewport: { width: 390, height: 844 } },
    )
    let dialogs = 0
    page.on("dialog", (dialog) => {
      dialogs++
      void dialog.dismiss()
    })
    const hostile = fixture.experiments.find((record) => record.body.proposal.title.includes("onerror"))
    const task = `/t/${fixture.task.id}`
    const { node } = fixture
    await addProfile(node, {
      display_name: "<img src=y onerror=alert(2)>\u202E",
      bio: "<script>alert(3)</script> onerror",
      website: "javascript:alert(4)",
      avatar_url: "https://elsewhere.example/me.png",
      donation_address: "x".repeat(256),
    })
    const found = `/search?q=${encodeURIComponent("onerror")}`
    for (const path of [
      "/",
      task,
      `${task}?tab=frontier`,
      `${task}?tab=activity`,
      `/e/${hostile?.id}`,
      `/n/${node.nodeId}`,
      found,
      `/search?q=${encodeURIComponent("<img src=x onerror=alert(5)>")}`,
      "/network",
    ]) {
      await page.goto(server.url + path)
      await settled(page)
      expect((await page.locator("main").textContent())?.length).toBeGreaterThan(60)
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      )
      expect({ path, overflow }).toEqual({ path, overflow: 0 })
    }
    await page.goto(`${server.url}/e/${hostile?.id}`)
    await page.getByText("<script>alert(document.domain)</script>").waitFor()
    await page.locator('[title="right-to-left override"]').first().waitFor()
    await settled(page)
    expect(await page.locator("main img, main script, main a[href^='javascript']").count()).toBe(0)
    for (const path of [found, `/n/${node.nodeId}`]) {
      await page.goto(server.url + path)
      await page.getByText("<script>alert(3)</script>").first().waitFor()
      await settled(page)
      expect(await page.locator("main img, main script, main a[href^='javascript']").count()).toBe(0)
    }
    expect(dialogs).toBe(0)
    expect(watch.problems).toEqual([])
  })
})
