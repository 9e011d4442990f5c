import type { FileTree } from "@spore/records/artifacts"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import type { AgentCommand } from "./command.ts"

/** Shorter values stand in programs by chance. */
const LEAST = 16
const LEAST_TOKEN = 32
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/
const MASK = "[secret]"

/** What stands between values in JSON, YAML, dotenv files, addresses and commands. */
const BETWEEN = /[\s"'`,;:=?&<>(){}[\]\\]+/
/** Names in JSON, which may be those of models or folders. */
const JSON_NAME = /"[^"\\\n]{0,256}"\s*:/g
/** The model that a setting or a command names: no secret, and programs may name it. */
const MODEL = /model["']?(?:[ \t]*[:=][ \t]*|[ \t]+)["']?[^\s"',}\]]+/gi

/** Values that no stranger may read. */
export interface Secrets {
  isIn(text: string): boolean
  /** The text without them, also without one that is cut off by its end. */
  mask(text: string): string
}

/** @param values each of at least 16 characters; shorter ones are left out */
export function createSecrets(values: Iterable<string>): Secrets {
  // found by their beginnings, so that the time does not grow with their number
  const byHead = new Map<string, string[]>()
  for (const value of new Set(values)) {
    if (value.length < LEAST) continue
    const head = value.slice(0, LEAST)
    byHead.set(head, [...(byHead.get(head) ?? []), value])
  }

  /** How many characters of a secret, the longest, stand at `at`. */
  function lengthAt(text: string, at: number): number {
    let longest = 0
    for (const value of byHead.get(text.slice(at, at + LEAST)) ?? []) {
      const length = Math.min(value.length, text.length - at)
      if (length > longest && text.startsWith(value.slice(0, length), at)) longest = length
    }
    return longest
  }

  return {
    isIn: (text) => {
      for (let at = 0; at + LEAST <= text.length; at++) if (lengthAt(text, at) > 0) return true
      return false
    },
    mask: (text) => {
      const parts: string[] = []
      let from = 0
      for (let at = 0; at + LEAST <= text.length; at++) {
        const length = lengthAt(text, at)
        if (length === 0) continue
        parts.push(text.slice(from, at), MASK)
        from = at + length
        at = from - 1
      }
      return parts.join("") + text.slice(from)
    },
  }
}

/** What an agent must not tell: what it holds of its keeper's keys, logins and settings. */
export async function secretsOf(
  command: AgentCommand,
  env: Readonly<Record<string, string>>,
  home: string | null,
): Promise<string[]> {
  const read = async (path: string): Promise<string> =>
    home === null ? "" : await readFile(join(home, path), "utf8").catch(() => "")
  const logins = await Promise.all(command.login.map(read))
  const configs = await Promise.all(command.config.map(read))
  return [
    ...command.keys.flatMap((name) => env[name] ?? []).filter(({ length }) => length >= LEAST),
    ...logins.flatMap((text) => [...text.matchAll(/"([^"\\\s]{32,})"/g)].flatMap(([, value = ""]) => value)),
    ...[...logins, ...configs, command.words.join(" ")].flatMap(tokensOf),
  ]
}

/** Long values in a text of any usual form; neither paths nor models. */
function tokensOf(text: string): string[] {
  return text
    .replace(MODEL, "")
    .replace(JSON_NAME, " ")
    .split(BETWEEN)
    .filter((word) => word.length >= LEAST_TOKEN && !/^[-/~.]/.test(word) && /\d/.test(word))
}

/**
 * Whether an answer holds a secret in plain text: it is to be published. Stops mishaps, and no one who hides it.
 */
export function holdsSecret(files: FileTree, words: string, secrets: Secrets, before: FileTree): boolean {
  const decoder = new TextDecoder()
  const text = (tree: FileTree): string => [...tree.values()].map((content) => decoder.decode(content)).join("\n")
  const answer = `${text(files)}\n${words}`
  return secrets.isIn(answer) || (PRIVATE_KEY.test(answer) && !PRIVATE_KEY.test(text(before)))
}
