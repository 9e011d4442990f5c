import type { ApiServer } from "@spore/api"
import {
  buildHostile,
  createFakeNode,
  fakePeer,
  type FakeNode,
  hostileFlood,
  hostileText,
  type HostileTask,
} from "@spore/fixture"
import { testIdentity } from "@spore/testkit"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { findChromium, launchBrowser, watchPage } from "./support/browser.ts"
import { serveExplorer } from "./support/serve.ts"
import { settled } from "./support/settled.ts"

const chromium = findChromium()
const NOW = 1_780_003_000_000
const WIDE = { width: 1440, height: 900 }
const NARROW = { width: 390, height: 844 }

describe.skipIf(chromium === undefined)("hostile texts (skipped without Chromium: apt-get install chromium)", () => {
  let browser: Browser
  let server: ApiServer
  let node: FakeNode
  let hostile: HostileTask

  beforeAll(async () => {
    node = await createFakeNode(testIdentity(500))
    hostile = await buildHostile(node)
    besiege(node, hostile)
    server = await serveExplorer(node)
    browser = await launchBrowser(chromium ?? "")
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  /** Every page, and everything on it that a click brings up. */
  function pages(): string[] {
    const { task, experiments, nodes } = hostile
    const at = `/t/${task.id}`
    const [, refuted, later] = experiments
    const crash = experiments.find(({ body }) => body.run.outcome === "crash")
    const tabs = ["frontier", "activity", "nodes", "improvements", "about"].map((tab) => `${at}?tab=${tab}`)
    const words = ["canary", "<img src=x onerror=canary(5)>", "\u202E\u001B[31m", "W".repeat(200)]
    return [
      "/",
      at,
      `${at}?view=tree`,
      `${at}?x=time&y=gap`,
      ...tabs,
      `${at}?class=${encodeURIComponent(hostileText(3, 200))}&node=${encodeURIComponent("<b>")}`,
      ...[refuted, later, crash, experiments.at(-1)].map((record) => `/e/${record?.id}`),
      `/compare?a=${refuted?.id}&b=${experiments.at(-1)?.id}`,
      `/compare?a=${encodeURIComponent("javascript:canary(1)")}&b=%00`,
      "/nodes",
      ...nodes.slice(0, 5).map((id) => `/n/${id}`),
      ...words.map((text) => `/search?q=${encodeURIComponent(text)}`),
      "/network",
      `/e/${encodeURIComponent("<script>canary(7)</script>")}`,
      "/n/%1B%5B31m",
    ]
  }

  it("run nothing, reach nobody and break no layout on any page, wide or narrow", { timeout: 240_000 }, async () => {
    const context = await browser.newContext({ viewport: WIDE })
    const page = await context.newPage()
    const watch = await watchPage(page, server.url)
    const ran: string[] = []
    page.on("dialog", (dialog) => {
      ran.push(dialog.message())
      void dialog.dismiss()
    })
    await page.exposeFunction("canary", (what: unknown) => void ran.push(String(what)))
    const found: object[] = []
    for (const path of pages()) {
      await page.setViewportSize(WIDE)
      await page.goto(server.url + path)
      for (const size of [WIDE, NARROW]) {
        await page.setViewportSize(size)
        await settled(page)
        const broken = await page.evaluate<string[]>(BROKEN)
        if (broken.length > 0) found.push({ path, width: size.width, broken })
      }
    }
    // Addresses that lead nowhere are answered with 404, as they should be.
    const problems = watch.problems.filter((text) => !/ 40[04]\b/.test(text))
    await context.close()
    expect(found).toEqual([])
    expect(ran).toEqual([])
    expect(problems).toEqual([])
  })

  it("are inert as files that a browser is pointed at", async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    const ran: string[] = []
    await page.exposeFunction("canary", (what: unknown) => void ran.push(String(what)))
    const left: string[] = []
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== server.url) left.push(request.url())
    })
    for (const cid of hostile.files.values()) {
      const url = `${server.url}/api/v1/blobs/${cid}`
      const response = await fetch(url)
      expect(response.headers.get("x-content-type-options")).toBe("nosniff")
      expect(response.headers.get("content-security-policy")).toContain("sandbox")
      expect(response.headers.get("content-type")).toMatch(/^(text\/plain|application\/octet-stream)/)
      await response.arrayBuffer()
      // A download is a refusal to show it: just as well.
      await page.goto(url).catch(() => undefined)
      await embeddedIn(page, url)
    }
    await context.close()
    expect(ran).toEqual([])
    expect(left).toEqual([])
  })
})

/** What peers write must not make: a body wider than the window, elements of their own, their text over what acts. */
const BROKEN = `(() => {
  const broken = []
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth) broken.push("wider than the window by " + (root.scrollWidth - root.clientWidth))
  const made = document.querySelectorAll("main img, main script, main iframe, main object, main embed, main [onmouseover], main [onerror], [style*=url]")
  if (made.length > 0) broken.push("elements made of text: " + [...made].map((one) => one.outerHTML.slice(0, 80)).join())
  for (const link of document.querySelectorAll("a[href]")) {
    if (!/^https?:$/.test(link.protocol)) broken.push("a link to " + link.href.slice(0, 80))
    if (link.origin !== location.origin && !/noopener.*noreferrer.*nofollow.*ugc/.test(link.rel)) broken.push("rel " + link.rel)
  }
  const hidden = /[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F\\u00AD\\u061C\\u200B\\u200E\\u200F\\u2028-\\u202E\\u2060-\\u206F\\uFEFF]/
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
    if (hidden.test(text.data)) broken.push("what is hidden stays hidden in " + text.parentElement.outerHTML.slice(0, 120))
  }
  if (hidden.test(document.title)) broken.push("hidden in the title")
  const controls = [...document.querySelectorAll("a[href], button, select, input")]
  for (const control of controls) {
    const box = control.getClientRects()[0]
    if (box === undefined || box.width < 4 || box.height < 4) continue
    const [x, y] = [box.x + Math.min(box.width / 2, 12), box.y + box.height / 2]
    if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue
    const top = document.elementFromPoint(x, y)
    if (top === null || control.contains(top) || top.contains(control)) continue
    if (controls.some((other) => other.contains(top))) broken.push(control.textContent.slice(0, 30) + " lies below " + top.textContent.slice(0, 30))
  }
  return broken
})()`

/** The file as a script, picture, frame and style of a page of its own. */
async function embeddedIn(page: Page, url: string): Promise<void> {
  await page.goto("about:blank")
  await page.setContent(
    `<script src="${url}"></script><img src="${url}"><iframe src="${url}"></iframe><link rel="stylesheet" href="${url}"><object data="${url}"></object>`,
  )
}

/** Peers, a running job and its log. */
function besiege(node: FakeNode, { task, nodes }: HostileTask): void {
  node.set({
    task: task.id,
    hardwareClass: hostileText(3, 128),
    startedAt: NOW - 60_000,
    dataDir: `/home/${hostileText(12, 64)}`,
    sandbox: { backend: hostileText(1, 64), isolated: true, limits: hostileText(2, 64) },
    notices: Array.from({ length: 8 }, (_, n) => ({
      code: "x",
      message: hostileText(n * 3, 256),
      next: hostileText(n, 128),
    })),
    peers: nodes
      .slice(0, 12)
      .map((nodeId, n) => fakePeer({ nodeId, agent: hostileText(n, 128), address: hostileText(n + 1, 128) })),
  })
  const parent = { id: task.id, title: hostileText(4, 256), reason: hostileText(6, 256) }
  const none = { requests: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, unpriced: 0, seconds: 0 }
  node.set({
    research: {
      proposer: hostileText(5, 128),
      workers: 2,
      experiments: Number.MAX_SAFE_INTEGER,
      limits: { maxExperiments: null, maxCostUsd: Number.MAX_VALUE, maxTokens: null, until: 8.64e15 },
      spent: { ...none, costUsd: Number.MAX_VALUE, inputTokens: Number.MAX_SAFE_INTEGER, unpriced: 7 },
      spentInAll: none,
      ended: null,
      claims: nodes.slice(0, 20).map((author, n) => ({ author, parent: parent.id, summary: hostileText(n, 256) })),
    },
  })
  node.setActivity({
    kind: "experiment",
    worker: 0,
    parent,
    agent: hostileText(7, 128),
    task: task.id,
    taskName: task.body.name,
    title: hostileText(15, 256),
    experiment: null,
    startedAt: NOW - 7_000,
    progress: { fraction: 0.42, loss: Number.MAX_VALUE, remainingSeconds: 1e15 },
  })
  node.setLog(hostileFlood(16_000).split("\n"))
}
