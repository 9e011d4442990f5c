import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { promisify } from "node:util"
import { z } from "zod"
import { publishedPackages, ROOT } from "./published.ts"

/** A tarball as it would be published. */
export interface Tarball {
  readonly name: string
  readonly version: string
  readonly file: string
}

const run = promisify(execFile)
const answerSchema = z.array(z.object({ name: z.string(), version: z.string(), filename: z.string() }))

/**
 * Packs what is published, as it is built now: by pnpm, which writes versions where `workspace:` and `catalog:` stand
 * and adds the licence.
 *
 * @param folder exists and is empty
 */
export async function packWorkspace(folder: string): Promise<Tarball[]> {
  const packages = publishedPackages()
  const { command, args } = await pnpm()
  const filters = packages.map(({ manifest }) => `--filter=${manifest.name}`)
  const { stdout } = await run(
    command,
    [...args, ...filters, "--recursive", "pack", "--json", "--pack-destination", folder],
    { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 },
  )
  return answerSchema
    .parse(JSON.parse(stdout))
    .map(({ name, version, filename }) => ({ name, version, file: join(folder, basename(filename)) }))
}

/** The pnpm that runs this, else the one that the workspace names. */
async function pnpm(): Promise<{ command: string; args: string[] }> {
  const running = process.env["npm_execpath"]
  if (running !== undefined && basename(running).startsWith("pnpm")) {
    return /\.[cm]?js$/.test(running) ? { command: process.execPath, args: [running] } : { command: running, args: [] }
  }
  const manifest: unknown = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"))
  const { packageManager } = z.object({ packageManager: z.string() }).parse(manifest)
  return { command: "npx", args: ["--yes", packageManager] }
}
