import { createApi, serveApi } from "@spore/api"
import { createUndo, dataPaths, findRunning, saveMemory } from "@spore/node/local"
import { hasErrorCode, isSporeError, type Logger, messageOf } from "@spore/records"
import { z } from "zod"
import type { Context, Invocation, Output } from "../context.ts"
import { explorerDir } from "../explorer/bundle.ts"
import { openBrowser } from "../explorer/open-browser.ts"
import { openReader } from "../explorer/reader.ts"
import { plain, safeJson } from "../output/plain.ts"
import { tilde } from "../output/format.ts"
import { watchForEnd } from "../run/ending.ts"
import { isLoopback, openToNetwork, webHosts } from "../run/listen.ts"
import { type Config, readConfig } from "../settings/config-file.ts"
import { resolveSettings } from "../settings/settings.ts"

const optionsSchema = z.object({
  webPort: z.number().optional(),
  webHost: z.string().optional(),
  host: z.array(z.string()).default([]),
  open: z.boolean().default(false),
})
type Options = z.output<typeof optionsSchema>

/**
 * Shows a data folder in the browser. Where a node runs on it, that one's explorer is named, unless a port or host of
 * its own is asked for; else the folder is served, read-only, until a signal.
 */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const asked = optionsSchema.parse(options)
  const { dataDir, output } = context
  const isOwnAsked = asked.webPort !== undefined || asked.webHost !== undefined || asked.host.length > 0
  const running = isOwnAsked ? null : await findRunning(dataPaths(dataDir).running)
  if (running !== null && running.url !== null) {
    if (context.json) output.print(safeJson({ url: running.url, served_by: "node", pid: running.pid }))
    else {
      output.print(running.url)
      output.tell(`served by the node that runs on ${tilde(dataDir)} (process ${running.pid})`)
    }
    if (asked.open) await openOrTell(output, running.url)
    return
  }
  await serve(context, asked)
}

async function serve({ dataDir, env, json, output, version }: Context, asked: Options): Promise<void> {
  const { webHost: host, webPort: port } = resolveSettings(asked, env, await configOf(dataDir))
  const ending = watchForEnd(output)
  const log = loggerTo(output)
  const undo = createUndo(log)
  try {
    const reader = await openReader(dataDir, version)
    undo.push("reader", () => reader.close())
    const hosts = [...webHosts(host), ...asked.host]
    const server = await serveApi(createApi({ node: reader, explorerDir: explorerDir(), version, log, hosts }), {
      host,
      port,
    })
    undo.push("explorer", () => server.close())
    undo.push("memory", saveMemory({ log }))
    const { nodeId, notices } = await reader.status()
    const warning = isLoopback(host) ? null : openToNetwork(host)
    if (json) output.print(safeJson({ url: server.url, served_by: "explorer", node: nodeId }))
    else {
      output.print(server.url)
      output.tell(`shows ${tilde(dataDir)}, read-only; Ctrl-C stops`)
      for (const { message } of notices) output.tell(message)
    }
    if (warning !== null) output.tell(`warning: ${warning.message}\nnext: ${warning.next}`)
    if (asked.open) await openOrTell(output, server.url)
    const failure = await ending.requested
    if (failure !== null) throw failure.error
  } finally {
    await undo.run()
    ending.release()
  }
}

/** The folder's config.toml, as far as this user may read it. */
async function configOf(dataDir: string): Promise<Config> {
  try {
    return await readConfig(dataPaths(dataDir).config)
  } catch (error) {
    if (isSporeError(error) && hasErrorCode(error.cause, "EACCES", "EPERM")) return {}
    throw error
  }
}

async function openOrTell(output: Output, url: string): Promise<void> {
  if (!(await openBrowser(url))) output.tell(`no program here opens a browser: go to ${url}`)
}

/** What goes wrong with single requests, for the person at the terminal. */
function loggerTo(output: Output): Logger {
  const tell = (fields: object, message: string): void => {
    const error: unknown = "err" in fields ? fields.err : "error" in fields ? fields.error : undefined
    output.tell(plain(error === undefined ? message : `${message}: ${messageOf(error)}`))
  }
  return { debug() {}, info() {}, warn: tell, error: tell }
}
