/**
 * Pictures of the explorer.
 *
 * `pnpm screenshots` writes those of README and docs to docs/screenshots. `pnpm screenshots --all DIR` writes every
 * page in every state for looking at: [--sizes 0,1,50,10000,100000] [--words plain,long,rtl,hostile] [--pages task,…]
 * [--workers 4] [--widths 1440,390] [--schemes light,dark]; large searches are kept in DIR/cache.
 */
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Browser } from "playwright-core"
import type { Words } from "@spore/fixture"
import { findChromium, launchBrowser } from "../test/support/browser.ts"
import { settled } from "../test/support/settled.ts"
import { createWorld, type World } from "../test/support/world.ts"

const OUT = fileURLToPath(new URL("../../../docs/screenshots", import.meta.url))
/** Above so many experiments a search is kept in files. */
const KEPT_ABOVE = 5_000

interface Picture {
  readonly page: string
  readonly file: string
  readonly width?: number
  readonly height?: number
  readonly scheme?: "light" | "dark"
  /** The whole page instead of what a window shows. */
  readonly whole?: boolean
}

const README: readonly Picture[] = [
  { page: "index", file: "index" },
  { page: "task", file: "task" },
  { page: "task", file: "task-dark", scheme: "dark" },
  { page: "task", file: "task-phone", width: 390, height: 844 },
  { page: "tree", file: "tree" },
  { page: "experiment-width", file: "experiment" },
  { page: "experiment-forged", file: "verification", height: 1400 },
  { page: "compare", file: "compare" },
  { page: "network", file: "network" },
]

async function take(browser: Browser, world: World, picture: Picture, folder: string): Promise<void> {
  const path = world.pages.get(picture.page)
  if (path === undefined) return
  const { width = 1440, height = 900, scheme = "light", whole = false } = picture
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale: "en-GB",
    timezoneId: "UTC",
    reducedMotion: "reduce",
  })
  const page = await context.newPage()
  await page.clock.setFixedTime(world.now)
  await page.goto(world.server.url + path)
  await settled(page).catch(() => process.stderr.write(`${picture.file} does not settle\n`))
  await page.screenshot({ path: join(folder, `${picture.file}.png`), fullPage: whole, animations: "disabled" })
  await context.close()
}

async function forReadme(browser: Browser): Promise<void> {
  await using world = await createWorld({ experiments: 900 })
  await mkdir(OUT, { recursive: true })
  for (const picture of README) await take(browser, world, picture, OUT)
}

interface Matrix {
  readonly sizes: readonly number[]
  readonly words: readonly string[]
  readonly pages: readonly string[] | undefined
  readonly workers: number
  readonly widths: readonly number[]
  readonly schemes: readonly ("light" | "dark")[]
}

async function everything(browser: Browser, folder: string, matrix: Matrix): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const experiments of matrix.sizes) {
    for (const words of matrix.words.filter(isWords)) {
      const cache = experiments > KEPT_ABOVE ? { cache: join(folder, "cache") } : {}
      await using world = await createWorld({ experiments, words, workers: matrix.workers, ...cache })
      for (const page of world.pages.keys()) {
        if (matrix.pages?.includes(page) === false) continue
        for (const width of matrix.widths) {
          for (const scheme of matrix.schemes) {
            const file = [page, experiments, words, width, scheme].join("-")
            await take(
              browser,
              world,
              { page, file, width, height: width < 700 ? 844 : 900, scheme, whole: true },
              folder,
            )
          }
        }
      }
    }
  }
}

function isWords(text: string): text is Words {
  return ["plain", "long", "rtl", "hostile"].includes(text)
}

const { values } = parseArgs({
  options: {
    all: { type: "string" },
    sizes: { type: "string", default: "0,1,50,10000,100000" },
    words: { type: "string", default: "plain,long,rtl,hostile" },
    pages: { type: "string" },
    workers: { type: "string", default: "1" },
    widths: { type: "string", default: "1440,390" },
    schemes: { type: "string", default: "light,dark" },
  },
})
const browser = await launchBrowser(findChromium() ?? "")
try {
  if (values.all === undefined) await forReadme(browser)
  else {
    await everything(browser, values.all, {
      sizes: values.sizes.split(",").map(Number),
      words: values.words.split(","),
      pages: values.pages?.split(","),
      workers: Number(values.workers),
      widths: values.widths.split(",").map(Number),
      schemes: (["light", "dark"] as const).filter((scheme) => values.schemes.split(",").includes(scheme)),
    })
  }
} finally {
  await browser.close()
}
