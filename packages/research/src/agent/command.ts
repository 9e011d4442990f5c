import { basename } from "node:path"
import { AGENT_PRESETS } from "./presets.ts"
import { splitWords } from "./words.ts"

/** A command-line agent: how it is started, and what it needs of its keeper's machine. */
export interface AgentCommand {
  /** Shown to the keeper: `claude`. */
  readonly name: string
  /**
   * Program and arguments. Replaced in any word: `{prompt_file}` and `{dir}` (absolute paths of the prompt and of the
   * agent's folder), `{max_cost}` (US dollars). A word `{editable}` becomes one word for each editable file.
   */
  readonly words: readonly string[]
  /** Arguments that come besides where an attempt has a cap of cost. */
  readonly costWords: readonly string[]
  /** Arguments that come besides where it runs in the `files` sandbox, which stands in for its own. */
  readonly sandboxWords: readonly string[]
  /** Arguments that come besides where it runs with all of its keeper's rights. */
  readonly freeWords: readonly string[]
  /** Names of environment variables with keys, which it gets besides the usual ones. */
  readonly keys: readonly string[]
  /** Names of further ones, which hold no secret: a model, an address. */
  readonly variables: readonly string[]
  /** Variables that it is given whatever the keeper's environment says. */
  readonly settings: Readonly<Record<string, string>>
  /** Files below HOME with its login: shown writable in the `files` sandbox, since logins are renewed. */
  readonly login: readonly string[]
  /** Files below HOME with its settings: copied, so that what it changes there is thrown away. */
  readonly config: readonly string[]
}

/** What a command that is no preset's may need: the keys of the usual services. */
const USUAL = {
  keys: [...new Set(Object.values(AGENT_PRESETS).flatMap(({ keys }) => keys))],
  variables: [...new Set(Object.values(AGENT_PRESETS).flatMap(({ variables }) => variables))],
  settings: {},
  login: [],
  config: [],
}

/**
 * A command as its keeper wrote it. Where its program is that of a preset, the login and keys of the preset go with it.
 *
 * @throws SporeError `agent_command`
 */
export function parseAgentCommand(text: string): AgentCommand {
  const words = splitWords(text)
  const name = basename(words[0] ?? "")
  const preset = Object.hasOwn(AGENT_PRESETS, name) ? AGENT_PRESETS[name] : undefined
  const { keys, variables, settings, login, config } = preset ?? USUAL
  return { name, words, costWords: [], sandboxWords: [], freeWords: [], keys, variables, settings, login, config }
}

/** The words of one attempt. */
export function wordsFor(
  command: AgentCommand,
  values: {
    promptFile: string
    dir: string
    editable: readonly string[]
    maxCostUsd: number | null
    sandboxed: boolean
  },
): string[] {
  const { words, costWords, sandboxWords, freeWords } = command
  const all = [
    ...words,
    ...(values.maxCostUsd === null ? [] : costWords),
    ...(values.sandboxed ? sandboxWords : freeWords),
  ]
  const replacements: Record<string, string> = {
    "{prompt_file}": values.promptFile,
    "{dir}": values.dir,
    "{max_cost}": `${values.maxCostUsd ?? ""}`,
  }
  return all.flatMap((word) =>
    word === "{editable}"
      ? values.editable
      : word.replaceAll(/\{(?:prompt_file|dir|max_cost)\}/g, (name) => replacements[name] ?? name),
  )
}
