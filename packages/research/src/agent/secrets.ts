import type { FileTree } from "@spore/records/artifacts"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { AgentCommand } from "./command.ts"

/** Shorter values stand in programs by chance. */
const LEAST = 16
const LEAST_TOKEN = 32
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/

/** What an agent must not tell: what it holds of its keeper's keys and logins. */
export async function secretsOf(
  command: AgentCommand,
  env: Readonly<Record<string, string>>,
  home: string | null,
): Promise<string[]> {
  const keys = command.keys.flatMap((name) => env[name] ?? []).filter((value) => !value.includes("://"))
  const tokens: string[] = []
  for (const path of home === null ? [] : command.login) {
    const text = await readFile(join(home ?? "", path), "utf8").catch(() => "")
    tokens.push(...[...text.matchAll(/"([^"\\\s]+)"/g)].flatMap(([, value = ""]) => value))
  }
  return [...keys.filter(({ length }) => length >= LEAST), ...tokens.filter(({ length }) => length >= LEAST_TOKEN)]
}

/**
 * Whether an answer holds a secret in plain text: it is to be published. Stops mishaps, and no one who hides it.
 */
export function holdsSecret(files: FileTree, words: string, secrets: readonly string[], before: FileTree): boolean {
  const decoder = new TextDecoder()
  const text = (tree: FileTree): string => [...tree.values()].map((content) => decoder.decode(content)).join("\n")
  const answer = `${text(files)}\n${words}`
  return (
    secrets.some((secret) => answer.includes(secret)) || (PRIVATE_KEY.test(answer) && !PRIVATE_KEY.test(text(before)))
  )
}
