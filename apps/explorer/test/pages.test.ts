import type { ApiServer } from "@spore/api"
import { shortId, type UpdateStatus } from "@spore/api/client"
import { addProfile, buildFixture, type FakeNode, fakePeer } from "@spore/fixture"
import { until } from "@spore/testkit"
import type { BrowserContextOptions, Page } from "playwright-core"
import { expect, it } from "vitest"
import { settled } from "./support/settled.ts"
import { describeInBrowser, type Opened } from "./support/stage.ts"

describeInBrowser("pages", (stage) => {
  async function open(node: FakeNode, options?: BrowserContextOptions): Promise<Opened & { server: ApiServer }> {
    const server = await stage.serve(node)
    return { server, ...(await stage.open(server, options)) }
  }

  const isLive = (page: Page): Promise<void> => page.getByText("live", { exact: true }).waitFor()

  it("explains itself while the first baseline runs, and shows its result in place", async () => {
    const fixture = await buildFixture({ experiments: 0 })
    const { node, task } = fixture
    const waiting = await buildFixture({ experiments: 0, name: "fft", node })
    node.set({ task: task.id })
    const job = {
      kind: "experiment" as const,
      worker: 0,
      parent: null,
      agent: "tuner",
      task: task.id,
      taskName: "char-lm",
      title: "baseline",
      experiment: null,
    }
    node.setActivity({ ...job, startedAt: Date.now(), progress: { fraction: 0.3, loss: 3.25, remainingSeconds: 20 } })
    const { server, page, watch } = await open(node)
    await page.goto(server.url)
    const running = page.getByRole("region", { name: "Running now" })
    const best = page.getByRole("region", { name: "Best so far" })
    await running.getByText("The baseline", { exact: true }).waitFor()
    await running.getByText("what every experiment on this hardware is compared with").waitFor()
    await best.getByText("No result yet").waitFor()
    await best.getByText("The baseline comes first").waitFor()
    await page.getByRole("heading", { name: "Never run" }).waitFor()
    await page.getByText("spore task use fft").waitFor()
    await page.locator(`main li a[href="/t/${waiting.task.id}"]`).waitFor()
    const row = page.locator("main li", { has: page.locator(`a[href="/t/${task.id}"]`) }).first()
    await row.getByText("never run").waitFor()

    await isLive(page)
    await settled(page)
    const before = await row.boundingBox()
    const made = await fixture.next()
    await best.getByText("The baseline itself").waitFor()
    await best.locator(`a[href="/e/${made.id}"]`).waitFor()
    await best.getByText(/own claim|reran it/).waitFor()
    await row.getByText("experiment", { exact: true }).waitFor()
    await settled(page)
    expect((await row.boundingBox())?.height).toBe(before?.height)
    expect(watch.problems).toEqual([])
  })

  it("leaves tasks in their places while they are read", async () => {
    const first = await buildFixture({ experiments: 4, name: "first" })
    const { node } = first
    const second = await buildFixture({ experiments: 9, name: "second", node })
    const { server, page, watch } = await open(node)
    await page.goto(server.url)
    const tasks = page.getByRole("region", { name: "Tasks" })
    await tasks.locator("li").nth(1).waitFor()
    await isLive(page)
    const hrefs = (): Promise<(string | null)[]> =>
      tasks.locator("li a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))
    const before = await hrefs()
    for (let i = 0; i < 20; i++) await (before[0] === `/t/${first.task.id}` ? second : first).next()
    const third = await buildFixture({ experiments: 1, name: "third", node })
    const pill = page.getByRole("button", { name: "Show 1 new task" })
    await pill.waitFor()
    await expect.poll(() => tasks.textContent()).toMatch(/(?:24|29)experiments/)
    expect(await hrefs()).toEqual(before)
    await pill.click()
    await tasks.locator(`a[href="/t/${third.task.id}"]`).waitFor()
    await pill.waitFor({ state: "detached" })
    expect(watch.problems).toEqual([])
  })

  it("is led by keys, which it lists, and leaves alone what is typed", async () => {
    const { node } = await buildFixture({ experiments: 3 })
    const { server, page, watch } = await open(node)
    await page.goto(server.url)
    await isLive(page)
    const focused = (): Promise<unknown> => page.evaluate("document.activeElement.id || document.activeElement.tagName")
    await page.keyboard.press("g")
    await page.keyboard.press("n")
    await page.getByRole("heading", { level: 1, name: "Network" }).waitFor()
    await expect.poll(focused).toBe("main")
    await expect.poll(() => page.title()).toBe("Network · Spore")

    await page.getByRole("link", { name: "Nodes", exact: true }).focus()
    await page.keyboard.press("?")
    const dialog = page.getByRole("dialog", { name: "Keys" })
    await dialog.getByText("Pause the log").waitFor()
    await dialog.getByText("Search, or open an id").waitFor()
    // None works below an open dialog.
    await page.keyboard.press("g")
    await page.keyboard.press("t")
    await page.keyboard.press("Escape")
    await dialog.waitFor({ state: "hidden" })
    await page.getByRole("heading", { level: 1, name: "Network" }).waitFor()
    await expect.poll(() => page.evaluate("document.activeElement.textContent")).toBe("Nodes")

    await page.keyboard.press("/")
    await page.keyboard.type("g n?")
    await expect.poll(() => page.getByRole("searchbox").inputValue()).toBe("g n?")
    expect(await dialog.count()).toBe(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("c")
    await page.getByRole("heading", { level: 1, name: "Nodes" }).waitFor()
    expect(watch.problems).toEqual([])
  })

  it("keeps the theme that was chosen, from before the first paint on, and works where nothing may be kept", async () => {
    const { node } = await buildFixture({ experiments: 12 })
    const { server, page, watch } = await open(node, { colorScheme: "light" })
    const ground = (): Promise<unknown> => page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    const drawing = (): Promise<unknown> => page.evaluate("document.querySelector('main canvas[role=img]').toDataURL()")
    await page.goto(server.url)
    await page.locator("main canvas[role=img][aria-label^='Running best']").waitFor()
    const light = await ground()
    const drawn = await drawing()
    await page.getByRole("button", { name: "Theme: system" }).click()
    await page.getByRole("button", { name: "Theme: light" }).click()
    await page.getByRole("button", { name: "Theme: dark" }).waitFor()
    const dark = await ground()
    expect(dark).not.toBe(light)
    // What is drawn on a canvas takes the theme's colours too.
    await expect.poll(drawing).not.toBe(drawn)
    expect(watch.problems).toEqual([])

    // Without the bundle: before anything of the page itself has run.
    await page.route("**/assets/*.js", (route) => route.abort())
    await page.reload()
    expect(await ground()).toBe(dark)

    const strict = await open(node)
    await strict.page.addInitScript(`
      Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError") } })`)
    await strict.page.goto(strict.server.url)
    await strict.page.getByRole("button", { name: "Theme: system" }).click()
    await strict.page.locator('html[data-theme="light"]').waitFor({ state: "attached" })
    expect(strict.watch.problems).toEqual([])
  })

  it("finds by kind with the words marked, walked by arrows, and opens what an id stands for", async () => {
    const { node, task, experiments } = await buildFixture({ experiments: 40 })
    await addProfile(node, { display_name: "Weight Watcher", bio: "Decays slowly." })
    const { server, page, watch } = await open(node)
    await page.goto(server.url)
    await isLive(page)
    const box = page.getByRole("banner").getByRole("searchbox")
    await page.keyboard.press("/")
    await page.keyboard.type("weig")
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { level: 2, name: "Nodes" }).waitFor()
    await page.getByRole("heading", { level: 2, name: "Experiments" }).waitFor()
    const marked = async (): Promise<string[]> => [...new Set(await page.locator("main mark").allTextContents())]
    await expect.poll(async () => (await marked()).toSorted()).toEqual(["Weig", "weig"])

    // From the box down, and back.
    await page.keyboard.press("ArrowDown")
    const at = (): Promise<unknown> => page.evaluate("document.activeElement.getAttribute('href')")
    await expect.poll(at).toBe(`/n/${node.nodeId}`)
    await page.keyboard.press("ArrowUp")
    await expect.poll(() => page.evaluate("document.activeElement.type")).toBe("search")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect.poll(at).toMatch(/^\/e\//)
    const second = await at()
    await page.keyboard.press("Enter")
    await page.waitForURL((url) => url.pathname === second)

    await page.goBack()
    await page.getByLabel("Show").selectOption("profile")
    await page.waitForURL(/kind=profile/)
    await page.getByRole("heading", { level: 2, name: "Experiments" }).waitFor({ state: "hidden" })
    await page.reload()
    await page.getByRole("heading", { level: 2, name: "Nodes" }).waitFor()
    await expect.poll(() => page.locator("main [data-hit]").count()).toBe(1)
    await page.getByRole("combobox", { name: /^Task/ }).selectOption(task.id)
    await page.waitForURL(/kind=experiment/)
    await page.getByRole("heading", { level: 2, name: "Experiments" }).waitFor()

    const experiment = experiments[5]?.id ?? ""
    for (const [given, path] of [
      [shortId(experiment), `/e/${experiment}`],
      [task.id.slice(0, 20), `/t/${task.id}`],
      [node.nodeId, `/n/${node.nodeId}`],
    ] as const) {
      await box.fill(given)
      await box.press("Enter")
      await page.waitForURL((url) => url.pathname === path)
    }
    // Looks like an id, and is a word.
    await box.fill("training")
    await box.press("Enter")
    await page.waitForURL(/\/search\?q=training/)
    expect(watch.problems).toEqual([])

    await page.goto(`${server.url}/search?q=${encodeURIComponent("--")}`)
    await page.getByText("A search needs a word").waitFor()
  })

  it("tells how far each peer is in step, and follows the log without taking it from its reader", async () => {
    const { node, task } = await buildFixture({ experiments: 6 })
    const syncedAt = Date.now() - 60_000
    const relay = "12D3KooWRelay4g8Wc5Zb1Qk3N2yGm7hQp9sT6uVxYzAbCdEf"
    node.set({
      task: task.id,
      verifyQueue: 3,
      verify: { enabled: true, rate: 50, due: { ...NOTHING_DUE, top: 3 } },
      notices: [{ code: "disk", message: "The disk is nearly full.", next: "spore artifact gc" }],
      reach: { state: "relayed", observed: ["/ip4/198.51.100.23/tcp/51812"], serving: null },
      peers: [
        fakePeer({ nodeId: relay, relays: true, reserved: true, sync: { syncedAt, complete: true, received: 12 } }),
        fakePeer({ nodeId: `${relay.slice(0, -1)}g`, relayed: true, sync: { failure: "timed_out" } }),
      ],
    })
    const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `step ${i}`)
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
    node.setLog(lines(60))
    const { server, page, watch } = await open(node)
    await page.goto(`${server.url}/network`)
    await page.getByRole("cell", { name: /^in step/ }).waitFor()
    await page.getByRole("cell", { name: /^failed.*timed out/ }).waitFor()
    await page.getByText("keeps a reservation").waitFor()
    await page.getByText("through a relay, and then directly").waitFor()
    await page.getByText("among the best: to be promoted or not").waitFor()
    await page.getByText("spore artifact gc").waitFor()

    const log = page.getByRole("log")
    const fromEnd = (): Promise<number> =>
      log.evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop)
    await log.getByText("step 59").waitFor()
    await expect.poll(fromEnd).toBeLessThan(2)
    node.setLog(lines(90))
    await log.getByText("step 89").waitFor()
    await expect.poll(fromEnd).toBeLessThan(2)
    await log.evaluate((element) => element.scrollTo(0, 100))
    await page.getByText("scrolled back").waitFor()
    node.setLog(lines(120))
    await log.getByText("step 119").waitFor()
    expect(await log.evaluate(({ scrollTop }) => scrollTop)).toBe(100)
    await page.getByRole("button", { name: "Follow" }).click()
    await expect.poll(fromEnd).toBeLessThan(2)
    await page.keyboard.press("p")
    await page.getByText("paused", { exact: true }).waitFor()
    expect(watch.problems).toEqual([])

    // A node that only carries has neither jobs nor a sandbox to speak of.
    const sandbox = { backend: "none", isolated: false, limits: "" }
    const serving = { reservations: 3, limit: 128 }
    node.set({
      mode: "sync",
      task: null,
      activities: [],
      research: null,
      sandbox,
      reach: { state: "public", observed: [], serving },
    })
    await page.reload()
    await page.getByText("Carrying facts between others").waitFor()
    await page.getByText("3 of at most 128 nodes").waitFor()
    const text = await page.locator("main").textContent()
    for (const absent of ["Sandbox", "Reruns due", "Output"]) expect(text).not.toContain(absent)
    expect(watch.problems).toEqual([])
  })

  it("says which release is out and what becomes of it, whatever a channel says", async () => {
    const { node } = await buildFixture({ experiments: 2 })
    const HOSTILE = '\u202e<img src=x onerror="fetch(`http://evil.example`)">'
    const idle: UpdateStatus = {
      automatic: true,
      why_not: null,
      channel: "https://channel.example/",
      doing: "downloading",
      newest: { version: "1.4.0", released: 1000, standing: "newer", reason: null },
      trial: null,
      looked_at: 2000,
      reached_at: 2000,
      next_look_at: 3000,
      stale: false,
      problem: null,
    }
    let update = idle
    const server = await stage.serve(node, 0, { update: async () => update })
    const { page, watch } = await stage.open(server)
    await page.goto(`${server.url}/network`)
    const row = page.locator("dt", { hasText: "Updates" }).locator("xpath=following-sibling::dd[1]")
    await row.getByText("1.4.0 is out, downloading it").waitFor()
    // Asked for again by the page itself.
    update = { ...idle, doing: "idle", problem: { code: "update_failed", message: HOSTILE, next: null } }
    await row.getByText("onerror").waitFor()
    expect(await row.textContent()).not.toContain("\u202e")
    update = {
      ...idle,
      doing: "idle",
      newest: { version: "1.4.0", released: 1000, standing: "refused", reason: HOSTILE },
    }
    await row.getByText("is out and not taken").waitFor()
    expect(watch.problems).toEqual([])
  })

  it("shows several workers, who is asked and why, what that took, and what others try, without moving", async () => {
    const fixture = await buildFixture({ experiments: 5 })
    const { node, task, experiments } = fixture
    await addProfile(node, { display_name: "Ada" })
    const parent = { id: experiments[0]?.id ?? "", title: "the parent", reason: "best so far, and little tried" }
    const none = { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0, seconds: 0 }
    const spent = { ...none, requests: 14, inputTokens: 1_200_000, costUsd: 0.42 }
    const research = {
      proposer: "groq a-model",
      workers: 2,
      experiments: 12,
      limits: { maxExperiments: 100, maxCostUsd: 5, maxTokens: null, until: null },
      spent,
      spentInAll: { ...spent, requests: 90, costUsd: 3.5 },
      ended: null,
      claims: [{ author: node.nodeId, parent: parent.id, summary: "a wider layer" }],
    }
    node.set({ task: task.id, research })
    const work = { task: task.id, taskName: "char-lm", experiment: null, parent, agent: "groq a-model" }
    const asking = { ...work, kind: "proposal", worker: 1, title: "groq a-model", progress: null } as const
    node.setActivity({ ...asking, startedAt: Date.now() })
    const { server, page, watch } = await open(node)
    await page.goto(server.url)
    await isLive(page)
    const now = page.getByRole("region", { name: "Running now" })
    await now.getByText("asking", { exact: true }).waitFor()
    await now.getByText("best so far, and little tried").waitFor()
    await page.getByText("12 of 100 experiments").waitFor()
    await page.getByText("$0.42 of $5.00 · 1.2M tokens · by groq a-model").waitFor()
    const before = await now.boundingBox()
    const running = { ...work, kind: "experiment", title: "deeper", startedAt: Date.now() } as const
    node.setActivity({ ...running, worker: 0, progress: { fraction: 0.5, loss: 2, remainingSeconds: 30 } })
    await now.getByText("deeper").waitFor()
    // The proposal is made: what it cost is looked up.
    node.set({ research: { ...research, spent: { ...spent, costUsd: 0.55 } } })
    node.setActivity({ ...running, worker: 1, title: "wider", progress: null })
    await page.getByText("$0.55 of $5.00").waitFor()
    expect(await now.getByRole("progressbar").count()).toBe(2)
    node.endActivity(0)
    await now.getByText("Waits").waitFor()
    expect(await now.boundingBox()).toEqual(before)

    await page.goto(`${server.url}/network`)
    node.setLog(["thinking hard"], 0)
    node.setLog(["step 7"], 1)
    await page.getByText("$3.50 · 1.2M tokens").waitFor()
    await page.getByText("a wider layer").waitFor()
    const log = page.getByRole("log")
    await log.getByText("step 7").waitFor()
    await page.getByLabel("Whose output").selectOption("of worker 0")
    await log.getByText("thinking hard").waitFor()

    await page.goto(`${server.url}/t/${task.id}`)
    await page.getByText("Running here now: wider").waitFor()
    await page.getByText("Being tried elsewhere now: a wider layer").click()
    await page.locator("details").getByText("Ada").waitFor()

    node.set({ activities: [], research: { ...research, workers: 1, ended: "max_experiments" } })
    node.emit({ type: "research_ended", reason: "max_experiments" })
    await page.goto(server.url)
    await page.getByText("Because all experiments asked for are made.").waitFor()
    expect(watch.problems).toEqual([])
  })

  it("says since when it hears nothing of the node, and goes on when it answers again", async () => {
    const fixture = await buildFixture({ experiments: 5 })
    const { server, page } = await open(fixture.node)
    await page.goto(server.url)
    await isLive(page)
    const port = Number(new URL(server.url).port)
    await server.close()
    await page.getByText("not answering", { exact: true }).waitFor()
    const note = page.getByText("The node does not answer. This page is as of")
    await note.waitFor()
    const asked = page.waitForRequest((request) => request.url().includes("/events"))
    await page.getByRole("button", { name: "Ask now" }).click()
    await asked
    const made = await fixture.next()
    // Nobody else was given the port meanwhile, but for a moment.
    const again = await until(() => stage.serve(fixture.node, port), { what: "the same port" })
    await isLive(page)
    await expect.poll(() => note.count()).toBe(0)
    // What was stored meanwhile is replayed.
    await page.getByText("6", { exact: true }).waitFor()
    await page.goto(`${again.url}/e/${made.id}`)
    await page.getByRole("heading", { level: 1 }).waitFor()
  })

  it("has one stream, which a hidden page gives back", async () => {
    const { node } = await buildFixture({ experiments: 2 })
    const { server, page } = await open(node)
    let streams = 0
    page.on("request", (request) => (streams += request.url().includes("/events") ? 1 : 0))
    const hide = (isHidden: boolean): Promise<unknown> =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true })
        document.dispatchEvent(new Event("visibilitychange"))`)
    await page.goto(server.url)
    await isLive(page)
    expect(streams).toBe(1)
    const ended = page.waitForEvent("requestfailed", (request) => request.url().includes("/events"))
    await hide(true)
    await ended
    await page.getByText("paused", { exact: true }).waitFor()
    await hide(false)
    await isLive(page)
    expect(streams).toBe(2)
  })

  it("shows who contributed, by name and id, and what of it was best", async () => {
    const { node } = await buildFixture({ experiments: 60 })
    await addProfile(node, { display_name: "Hidden Heron", donation_address: "bc1qw508d6qejxtdg4y5r3" })
    const { server, page, watch } = await open(node)
    await page.goto(`${server.url}/nodes`)
    const rows = page.locator("tbody tr")
    await expect.poll(() => rows.count()).toBe((await node.store.authors()).items.length)
    const own = rows.filter({ hasText: "Hidden Heron" })
    await own.getByText(shortId(node.nodeId)).waitFor()
    await own.getByRole("link").click()
    await page.getByRole("heading", { level: 1, name: `Hidden Heron ${shortId(node.nodeId)}` }).waitFor()
    const { items } = await node.store.experiments({ author: node.nodeId, status: "keep", sort: "best" }, { limit: 1 })
    await page.locator("tbody tr").first().locator(`a[href="/e/${items[0]?.id}"]`).waitFor()
    await page.getByText("bc1qw508d6qejxtdg4y5r3", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Copy the donation address" }).waitFor()
    await page.getByRole("button", { name: "Show more" }).last().click()
    await expect.poll(() => page.title()).toBe(`Hidden Heron (${shortId(node.nodeId)}) · Spore`)
    expect(watch.problems).toEqual([])
  })
})

const NOTHING_DUE = { asked: 0, contested: 0, baseline: 0, top: 0, calibrate: 0, sample: 0 }
