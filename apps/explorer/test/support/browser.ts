import { existsSync } from "node:fs"
import { type Browser, chromium, type Page } from "playwright-core"

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]

/** Where a Chromium is installed; undefined where there is none, and these tests are skipped. */
export function findChromium(): string | undefined {
  const found = PLACES.find((path) => existsSync(path))
  if (found === undefined && process.env["CI"] !== undefined) {
    throw new Error(`no Chromium at ${PLACES.join(", ")}: install it with apt-get install chromium`)
  }
  return found
}

/** A headless browser that asks nothing of the network by itself. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  })
}

/** Everything a page should not have done so far. */
export interface Watch {
  readonly problems: readonly string[]
}

/** Collects console errors, uncaught exceptions, policy violations, failed requests and requests to other origins. */
export async function watchPage(page: Page, origin: string): Promise<Watch> {
  const problems: string[] = []
  await page.exposeFunction("reportViolation", (text: string) => problems.push(`policy violation: ${text}`))
  await page.addInitScript(`
    document.addEventListener("securitypolicyviolation", (event) =>
      window.reportViolation(event.violatedDirective + " " + event.blockedURI))
  `)
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") problems.push(`console: ${message.text()}`)
  })
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`))
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`left the origin: ${request.url()}`)
  })
  page.on("requestfailed", (request) => {
    // Streams and superseded queries are aborted by the page itself.
    const reason = request.failure()?.errorText ?? ""
    if (reason !== "net::ERR_ABORTED") problems.push(`request failed: ${request.url()} ${reason}`)
  })
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`status ${response.status()}: ${response.url()}`)
  })
  return { problems }
}
