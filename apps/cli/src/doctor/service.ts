import { existsSync } from "node:fs"
import { readdir, readFile } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Context } from "../context.ts"
import { type Finding, finding } from "./finding.ts"

/** The first words of a unit that `spore service install` wrote. */
const MARK = "# Written by spore service install."

/** The systemd unit that runs a node on this data folder: whether what it starts is still there. */
export async function checkService({ dataDir, env }: Pick<Context, "dataDir" | "env">): Promise<Finding[]> {
  if (process.platform !== "linux") return []
  const folder = join(configHome(env), "systemd", "user")
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^spore.*\.service$/.test(name))
  const findings: Finding[] = []
  for (const name of names) {
    const text = await readFile(join(folder, name), "utf8").catch(() => "")
    const words = wordsOf(text)
    if (text.startsWith(MARK) && words.includes(dataDir)) findings.push(unitFinding(name, words))
  }
  return findings
}

function unitFinding(name: string, words: readonly string[]): Finding {
  // Node, then the program that it runs.
  const missing = words.slice(0, 2).find((word) => word.startsWith("/") && !existsSync(word))
  if (missing === undefined) return finding("service", "ok", `systemd runs it as ${name}`)
  return finding("service", "fail", `${name} starts ${missing}, which is not there`, "spore service install")
}

/** The words of ExecStart, each in quotes. */
function wordsOf(unit: string): string[] {
  const line = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? ""
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) =>
    word.replaceAll("%%", "%").replaceAll("$$", "$").replaceAll(/\\(.)/g, "$1"),
  )
}

function configHome(env: Context["env"]): string {
  const given = env["XDG_CONFIG_HOME"]
  return given === undefined || !given.startsWith("/") ? join(homedir(), ".config") : given
}
