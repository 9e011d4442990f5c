/** What a folder without a manifest says of its budget, its memory, and in words. */
import type { FileTree } from "@spore/records/artifacts"
import type { EvaluatorSpec } from "./manifest.ts"
import { readOpenEvolveConfig } from "./openevolve-config.ts"

const DEFAULT_SECONDS = 300
const MAX_SECONDS = 86_400
const MAX_DESCRIPTION = 2000

/** Wall seconds that the project itself gives one evaluation. */
export function secondsOf(files: FileTree, { kind }: EvaluatorSpec): number {
  if (kind === "harbor") return tomlNumber(textOf(files, "task.toml"), "verifier", "timeout_sec") ?? DEFAULT_SECONDS
  if (kind === "openevolve") return readOpenEvolveConfig(textOf(files, "config.yaml")).seconds ?? DEFAULT_SECONDS
  const scripts = scriptsOf(files)
  if (kind === "shinka") return scripts.flatMap((script) => shinkaSeconds(script) ?? [])[0] ?? DEFAULT_SECONDS
  const [stated] = scripts.flatMap((script) => /^TIME_BUDGET\s*=\s*(\d{1,6})\b/m.exec(script)?.[1] ?? [])
  return Number(stated ?? DEFAULT_SECONDS)
}

/** MiB; null where it does not say. */
export function memoryOf(files: FileTree, { kind }: EvaluatorSpec): number | null {
  if (kind !== "harbor") return null
  const toml = textOf(files, "task.toml")
  const [, amount, unit] = /^memory\s*=\s*"(\d{1,6})\s*([GM])/m.exec(toml) ?? []
  const stated = amount === undefined ? null : Number(amount) * (unit === "G" ? 1024 : 1)
  return tomlNumber(toml, "environment", "memory_mb") ?? stated
}

/** What the project tells its own proposer, else the first paragraph of what people write about their task. */
export function descriptionOf(files: FileTree, { kind }: EvaluatorSpec): string {
  const told = kind === "openevolve" ? readOpenEvolveConfig(textOf(files, "config.yaml")).systemMessage : ""
  const asked = kind === "shinka" ? (scriptsOf(files).flatMap((script) => shinkaMessage(script) ?? [])[0] ?? "") : ""
  return (told || asked || firstParagraph(files)).slice(0, MAX_DESCRIPTION).toWellFormed()
}

function firstParagraph(files: FileTree): string {
  const file = ["instruction.md", "README.md", "autoresearch.md", "program.md"].find((path) => files.has(path))
  const paragraphs = file === undefined ? [] : textOf(files, file).split(/\n\s*\n/)
  const [first = ""] = paragraphs
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => /^[^#<![|]/.test(paragraph))
  return first
}

/** `time="00:10:00"` of the `JobConfig` in a Shinka run script. */
function shinkaSeconds(script: string): number | null {
  if (!/JobConfig\(/.test(script)) return null
  const [, hours, minutes, seconds] = /\btime\s*=\s*["'](\d{1,2}):(\d{2}):(\d{2})["']/.exec(script) ?? []
  const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)
  return total > 0 ? Math.min(total, MAX_SECONDS) : null
}

/** `task_sys_msg` of a Shinka run script, under that name or one that ends in it. */
function shinkaMessage(script: string): string | null {
  const message = /^[ \t]*(?:\w+_)?task_sys_msg\s*=\s*r?("""|''')(?<text>[^\0]{1,16384}?)\1/m.exec(script)?.groups?.[
    "text"
  ]
  return message?.trim() ?? null
}

function scriptsOf(files: FileTree): string[] {
  return [...files.keys()].filter((path) => /^[^/]+\.(?:py|m?js)$/.test(path)).map((path) => textOf(files, path))
}

/** A number of one table of a TOML file. */
function tomlNumber(toml: string, table: string, key: string): number | null {
  const [, body = ""] = toml.split(new RegExp(`^\\[${table}\\][ \\t]*$`, "m"))
  const [own = ""] = body.split(/^\[/m)
  const value = new RegExp(`^${key}\\s*=\\s*(\\d{1,9}(?:\\.\\d{1,9})?)`, "m").exec(own)?.[1]
  return value === undefined ? null : Number(value)
}

function textOf(files: FileTree, path: string): string {
  return new TextDecoder().decode(files.get(path))
}
