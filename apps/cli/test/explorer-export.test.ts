import { mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import type { SporeClient } from "@spore/api/client"
import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
// @boundaries-ignore the helpers of the explorer's own tests, which no package publishes
import { findChromium, launchBrowser, watchPage } from "../../explorer/test/support/browser.ts"
import { run } from "../src/commands/explorer-export.ts"
import { command } from "./support/command.ts"
import { type FileServer, serveFiles } from "./support/file-server.ts"
import { fixtureFolder } from "./support/fixture-folder.ts"
import { jsonObject } from "./support/match.ts"
import { fakeTerminal } from "./support/terminal.ts"

const chromium = findChromium()

let home: TemporaryFolder
let dataDir: string
let site: string

beforeAll(async () => {
  home = await temporaryFolder()
  dataDir = join(home.path, "data-of-somebody")
  await fixtureFolder(dataDir, { experiments: 40, twoClasses: true, verdicts: true })
  site = join(home.path, "site")
})
afterAll(() => home[Symbol.asyncDispose]())

const options = { task: [], code: true, logs: true, force: false }

async function filesOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")))
  return new Map(files.map((file, i) => [file.slice(folder.length + 1), texts[i] ?? ""]))
}

/** What `--json` says of a copy. */
async function exported(folder: string, asked: object): Promise<Record<string, unknown>> {
  const terminal = fakeTerminal()
  const printed: string[] = []
  const output = { ...terminal.output, print: (line: string) => void printed.push(line), tell: () => undefined }
  await run({ env: {}, dataDir, json: true, version: "0.0.0", output }, { args: [folder], options: asked })
  expect(printed).toHaveLength(1)
  return jsonObject(printed[0] ?? "")
}

describe("spore explorer export", () => {
  it("writes a site that tells nothing of the machine, the same bytes each time", async () => {
    const told = await command(dataDir, run, [site], options).onTerminal(100)
    expect(told.join("\n")).toMatch(
      /char-lm: 40 experiments[\s\S]*about .* are to be written[\s\S]* in \d+ files, as of 2026-/,
    )
    const files = await filesOf(site)
    expect([...files.keys()]).toEqual(expect.arrayContaining([".nojekyll", "index.html", "data/copy.json"]))
    for (const [path, text] of files) {
      for (const fact of [home.path, homedir(), process.cwd()])
        expect(text.includes(fact), `${path}: ${fact}`).toBe(false)
    }
    expect(files.get("index.html")).not.toMatch(/(src|href)="\//)

    const again = join(home.path, "again")
    const { files: count, bytes, tasks } = await exported(again, options)
    expect(await filesOf(again)).toEqual(files)
    expect(count).toBeGreaterThan(30)
    expect(bytes).toBeGreaterThan(100_000)
    expect(tasks).toHaveLength(4)
  })

  it("leaves what is in a folder alone", async () => {
    const folder = join(home.path, "mine")
    await mkdir(join(folder, "data"), { recursive: true })
    await writeFile(join(folder, "thesis.txt"), "mine")
    await writeFile(join(folder, "data", "notes.json"), "mine")
    await expect(command(dataDir, run, [folder], options).piped()).rejects.toMatchObject({ code: "file_unusable" })
    expect([...(await filesOf(folder)).keys()].toSorted()).toEqual(["data/notes.json", "thesis.txt"])

    const bounds = { ...options, task: ["fft"], code: false, logs: false, maxExperiments: 3, force: true }
    const { tasks } = await exported(folder, bounds)
    expect(tasks).toMatchObject([{ name: "fft", experiments: 5, copied: 3 }])
    const files = await filesOf(folder)
    expect(files.get("thesis.txt")).toBe("mine")
    expect(files.get("data/notes.json")).toBe("mine")
    expect([...files.keys()].filter((path) => /data\/(code|log)\//.test(path))).toEqual([])
  })

  describe.skipIf(chromium === undefined)("shown by a server of files below a path (needs chromium)", () => {
    let browser: Browser
    let server: FileServer
    beforeAll(async () => {
      browser = await launchBrowser(chromium ?? "")
      server = await serveFiles(site)
    })
    afterAll(async () => {
      await browser?.close()
      await server?.[Symbol.asyncDispose]()
    })

    async function open(path: string): Promise<{ page: Page; problems: readonly string[] }> {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      page.setDefaultTimeout(15_000)
      const { problems } = await watchPage(page, new URL(server.url).origin)
      await page.goto(server.url + path)
      return { page, problems }
    }

    it("walks from the tasks to an experiment, and back", async () => {
      const { page, problems } = await open("")
      await page.getByText("Copy of 2026-").waitFor()
      expect(await page.getByText("live", { exact: true }).count()).toBe(0)
      await page.locator("main").getByRole("link", { name: "fft" }).first().click()
      await page.getByRole("heading", { level: 1, name: "fft" }).waitFor()
      expect(new URL(page.url()).hash).toMatch(/^#\/t\/bafyrei/)
      const tabs = page.getByRole("navigation", { name: "Parts of this task" }).getByRole("link")
      for (const tab of [...(await tabs.all()).slice(1), tabs.first()]) {
        const hash = new URL((await tab.getAttribute("href")) ?? "", page.url()).hash
        await tab.click()
        await page.waitForURL((url) => url.hash === hash)
        await page.waitForLoadState("networkidle")
      }
      const title = page.locator("main table a[href*='#/e/']").first()
      const name = (await title.textContent()) ?? ""
      await title.click()
      await page.getByRole("heading", { level: 1, name }).waitFor()
      await page.locator("tr mark").first().waitFor()
      await page.goBack()
      await page.getByRole("heading", { level: 1, name: "fft" }).waitFor()
      await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Tasks" }).click()
      await page.locator("main").getByRole("link", { name: "nanogpt-train" }).first().waitFor()
      expect(problems).toEqual([])
      await page.close()
    })

    it.each([
      ["an experiment", (id: Ids) => `#/e/${id.experiment}`, (id: Ids) => id.title],
      ["a list that is filtered", (id: Ids) => `#/t/${id.task}?status=crash`, () => "char-lm"],
      ["a node", (id: Ids) => `#/n/${id.node}`, null],
      ["a search", () => "#/search?q=hidden", null],
      ["the network", () => "#/network", () => "Network"],
    ])("opens %s by its link", async (_, link, heading) => {
      const ids = await idsOf(server.url)
      const { page, problems } = await open(link(ids))
      await page.getByRole("heading", { level: 1, ...(heading === null ? {} : { name: heading(ids) }) }).waitFor()
      await page.waitForLoadState("networkidle")
      expect(problems).toEqual([])
      await page.close()
    })
  })
})

interface Ids {
  readonly task: string
  readonly experiment: string
  readonly title: string
  readonly node: string
}

async function idsOf(url: string): Promise<Ids> {
  const { createStaticClient } = await import("@spore/api/static-client")
  const client: SporeClient = createStaticClient(`${url}data/`)
  const task = (await client.tasks()).items.find(({ experiments }) => experiments === 40)?.id ?? ""
  const [row] = (await client.experiments({ task, sort: "best" })).items
  return { task, experiment: row?.id ?? "", title: row?.title ?? "", node: row?.node ?? "" }
}
