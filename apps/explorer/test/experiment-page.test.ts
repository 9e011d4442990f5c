import type { ApiServer } from "@spore/api"
import { createSporeClient } from "@spore/api/client"
import { nodeIdOf, type SporeRecord } from "@spore/records"
import { testIdentity } from "@spore/testkit"
import type { Locator, Page } from "playwright-core"
import { beforeAll, expect, it } from "vitest"
import { buildScene, DEPTH, LARGE_LINES, type Scene } from "./support/scene.ts"
import { settled } from "./support/settled.ts"
import { describeInBrowser, type Opened } from "./support/stage.ts"

const poll = <T>(read: () => T): ReturnType<typeof expect.poll<T>> => expect.poll(read)

describeInBrowser("experiments", (stage) => {
  let scene: Scene
  let server: ApiServer

  beforeAll(async () => {
    scene = await buildScene()
    server = await stage.serve(scene.node)
  })

  const blank = (width = 1280): Promise<Opened> => stage.open(server, { viewport: { width, height: 900 } })

  async function open(path: string, width?: number): Promise<Opened> {
    const opened = await blank(width)
    await opened.page.goto(server.url + path)
    return opened
  }

  const card = (page: Page, title: string): Locator =>
    page.locator("section", { has: page.getByRole("heading", { name: title }) })
  const query = (page: Page): Record<string, string> => Object.fromEntries(new URL(page.url()).searchParams)

  it("shows what changed against any ancestor, in colour, in every view, all of it in the URL", async () => {
    const { tip, root } = scene
    const { page, watch } = await open(`/e/${tip.id}`)
    const changes = card(page, "What it changed")
    await page.getByText("Why wider and faster should help.").waitFor()
    // The settings in front, then the files, each with its words marked and coloured.
    const settings = changes.getByLabel("Settings that changed").locator("li")
    await poll(() => settings.allTextContents()).toEqual(["WIDTH 64 → 128", "RATE 1.29 → 2"])
    await poll(() => changes.locator("details").count()).toBe(2)
    await changes.locator("tr mark", { hasText: "128" }).waitFor()
    await changes.locator("[class*='comment']", { hasText: "# tunable" }).first().waitFor()

    // The middle of a long lineage is folded; any step can be what the code is compared with.
    const lineage = card(page, "Lineage")
    await poll(() => lineage.locator("ol > li").count()).toBe(11)
    await lineage.getByRole("link", { name: `${DEPTH + 1 - 10} more between` }).click()
    await poll(() => lineage.locator("ol > li").count()).toBe(DEPTH + 1)
    await lineage.getByRole("link", { name: "diff" }).last().click()
    await poll(() => query(page)).toEqual({ all: "true", against: root.id })
    await poll(() => settings.allTextContents()).toEqual(["WIDTH 64 → 128", "RATE 1 → 2"])
    await changes.getByLabel("against").selectOption("baseline")
    await poll(() => query(page)).toMatchObject({ against: "baseline" })

    await page.locator("body").press("d")
    await poll(() => query(page)).toMatchObject({ view: "split" })
    await changes.getByLabel("Changed lines side by side").first().waitFor()
    await page.reload()
    await changes.getByLabel("Changed lines side by side").first().waitFor()
    await page.locator("body").press("d")
    const code = card(page, "Code")
    await poll(() => code.locator("details").count()).toBe(3)
    await code.getByRole("link", { name: "Line 5" }).last().click()
    await poll(() => new URL(page.url()).hash).toBe("#train.py%3AL5")
    await page.goto(`${server.url}/e/${tip.id}?view=code#model/net.py:L4`)
    await page.locator("[id='model/net.py:L4'][class*='linked']").waitFor()
    await code.locator("[class*='keyword']", { hasText: "class" }).waitFor()
    expect(watch.problems).toEqual([])
  })

  it("shows a log's end, its hidden characters and its loss curve, and finds in it", async () => {
    const { page, watch } = await open(`/e/${scene.tip.id}`)
    const log = card(page, "Log")
    const box = log.getByLabel("The end of the log")
    await box.getByText("final loss 18.5").waitFor()
    await log.getByText("3,002 lines").waitFor()
    expect(await box.getByText("compiling").count()).toBe(0)
    // Scrolled to the end.
    const isAtEnd =
      "((box) => box.scrollTop + box.clientHeight >= box.scrollHeight - 2)(document.querySelector('#log pre'))"
    await poll(() => page.evaluate(isAtEnd)).toBe(true)
    await log
      .getByRole("img", { name: "Loss against step: its parent ends at 23.1, this run ends at 18.512" })
      .waitFor()
    await log.getByRole("searchbox").fill("COMPILING")
    await log.getByText("in 1 of 3,002 lines").waitFor()
    await log.locator('[title="invisible character"]', { hasText: "U+001B" }).first().waitFor()
    await poll(() => log.locator("mark").allTextContents()).toEqual(["compiling"])
    await poll(() => query(page)).toEqual({ find: "COMPILING" })
    expect(watch.problems).toEqual([])
  })

  it("is walked by keys: parent, best child, siblings", async () => {
    const { tip, parent, sibling } = scene
    const { page, watch } = await open(`/e/${tip.id}`)
    const heading = (record: SporeRecord<"experiment">): Promise<void> =>
      page.getByRole("heading", { level: 1, name: record.body.proposal.title }).waitFor()
    const press = (key: string): Promise<void> => page.locator("body").press(key)
    await heading(tip)
    await press("]")
    await heading(sibling)
    await press("[")
    await heading(tip)
    await press("p")
    await heading(parent)
    await press("c")
    await heading(tip)
    await page.goBack()
    await heading(parent)
    expect(watch.problems).toEqual([])
  })

  it("says what is only partly here, and shows what is large when asked", async () => {
    const { large, timedOut, absent } = scene
    const { page, watch } = await open(`/e/${absent.id}`)
    await page.getByText(`spore artifact get ${absent.body.code.toString()}`).waitFor()
    await page.getByText(`spore artifact get ${absent.body.log?.toString()}`).waitFor()

    await page.goto(`${server.url}/e/${timedOut.id}`)
    await page.getByText("stopped: it ran past its time").waitFor()
    // Of a run that failed, what it printed comes first.
    await poll(() => page.locator("article h2").first().textContent()).toContain("up to its timeout")

    await page.goto(`${server.url}/e/${large.id}?view=code`)
    await page.getByRole("button", { name: "Show anyway" }).click()
    const code = card(page, "Code")
    await code.getByText("constants[999] =").waitFor()
    await code.getByRole("button", { name: `Show all ${LARGE_LINES.toLocaleString("en")} lines` }).waitFor()
    await settled(page)
    expect(await code.locator("tr").count()).toBeLessThan(1100)
    expect(watch.problems).toEqual([])
  })

  it("checks the proof in the browser, and catches an API that lies", async () => {
    const { tip, sibling } = scene
    const { page, watch } = await open(`/e/${tip.id}`)
    const checks = page.getByLabel("Checks").locator("li")
    await poll(() => checks.count()).toBe(8)
    await page.getByRole("link", { name: "signature checked in this browser" }).waitFor()
    expect(await checks.getByLabel("does not hold").count()).toBe(0)
    expect(watch.problems).toEqual([])

    const client = createSporeClient(server.url)
    const [truth, signed, other] = await Promise.all([
      client.experiment(tip.id),
      client.proof(tip.id),
      client.proof(sibling.id),
    ])
    const at = signed.signature.at(10) === "A" ? "B" : "A"
    const changed = `${signed.signature.slice(0, 10)}${at}${signed.signature.slice(11)}`
    const lies = [
      ["/proof", { ...other, id: tip.id }, /^not what was signed: id, /],
      ["/proof", { ...signed, signature: changed }, /^not what was signed: signature$/],
      ["", { ...truth, node: nodeIdOf(testIdentity(7).publicKey), title: "solved" }, /signed: author, words$/],
    ] as const
    for (const [path, json, words] of lies) {
      const url = `**/experiments/${tip.id}${path}`
      await page.route(url, (route) => route.fulfill({ json }))
      await page.reload()
      await page.getByRole("link", { name: words }).waitFor()
      await checks.getByLabel("does not hold").first().waitFor()
      await page.unroute(url)
    }
  })

  it("puts two experiments side by side", async () => {
    const { tip, sibling, parent, root } = scene
    const { page, watch } = await open(`/e/${tip.id}`)
    await page.getByRole("link", { name: "the baseline", exact: true }).click()
    await page.waitForURL(/\/compare\?/)
    await poll(() => query(page)).toEqual({ a: root.id, b: tip.id })
    await page.getByText(`B comes from A, by ${DEPTH} changes.`).waitFor()
    await page.getByText("−31.5000").waitFor()

    // Another for A, by words of its title.
    const sideA = page.getByRole("region", { name: "Experiment A" })
    await sideA.getByText("choose another").click()
    await sideA.getByRole("searchbox").fill("a sibling")
    await sideA.getByRole("button", { name: "Find" }).click()
    await sideA.getByRole("button", { name: "a sibling" }).click()
    await poll(() => query(page)).toEqual({ a: sibling.id, b: tip.id })
    await page.getByText("Both come from").waitFor()
    await page.locator("main").getByRole("link", { name: parent.body.proposal.title }).waitFor()
    await page.getByText("The task’s replay is exact").waitFor()

    const differs = card(page, "What differs")
    await differs.getByText("wall time").waitFor()
    expect(await differs.getByText("accelerator").count()).toBe(0)
    await differs.getByRole("button", { name: "all" }).click()
    await differs.getByText("accelerator").waitFor()
    await page.getByLabel("Settings that changed").getByText("RATE 1.5 → 2").waitFor()

    await page.getByRole("link", { name: "Swap A and B" }).click()
    await poll(() => query(page)).toEqual({ a: tip.id, b: sibling.id, all: "true" })
    await page.getByLabel("Settings that changed").getByText("RATE 2 → 1.5").waitFor()

    // From nothing, by a pasted id.
    await page.goto(`${server.url}/compare`)
    await page.getByRole("searchbox", { name: "Experiment B" }).fill(tip.id)
    await page.keyboard.press("Enter")
    await poll(() => query(page)).toEqual({ b: tip.id })
    await page.getByRole("button", { name: "the baseline" }).click()
    await poll(() => query(page)).toEqual({ a: root.id, b: tip.id })
    expect(watch.problems).toEqual([])
  })

  it("fits a phone", async () => {
    const { tip, absent, timedOut, sibling } = scene
    const { page, watch } = await blank(390)
    for (const path of [
      ...[absent, timedOut].map(({ id }) => `/e/${id}`),
      `/e/${tip.id}?view=split&against=baseline&all=true`,
      `/e/${tip.id}?view=code`,
      `/compare?a=${sibling.id}&b=${tip.id}&all=true`,
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
