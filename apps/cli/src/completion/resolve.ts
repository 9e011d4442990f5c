import type { Argument, Command, Option } from "commander"

/** A word that may stand where the cursor is. */
export interface Candidate {
  readonly word: string
  /** One line, shown beside it by shells that do so. */
  readonly description: string
}

/** Values that are not words of the program: files for the shell to list, and what the data folder knows. */
export type Wanted = "file" | "folder" | "task" | "experiment" | "setting" | "part"

/** What may stand at the end of a command line. */
export interface Completion {
  readonly candidates: readonly Candidate[]
  readonly wanted: Wanted | null
  /** What stands before each wanted value in its word, such as `--task=`. */
  readonly before: string
  /** What `--data-dir` says on the line. */
  readonly dataDir: string | undefined
}

/** By the name that a value goes by in the help. */
const WANTED: Readonly<Record<string, Wanted>> = {
  file: "file",
  path: "file",
  input: "file",
  folder: "folder",
  task: "task",
  experiment: "experiment",
  parent: "experiment",
  other: "experiment",
  id: "experiment",
  setting: "setting",
  part: "part",
}

/**
 * What may stand in place of the last word.
 *
 * @param words of the command line without the program's name; the last is the one at the cursor, and may be empty
 */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const line = read(program, words.slice(0, -1))
  const current = words.at(-1) ?? ""
  const nothing = { candidates: [], wanted: null, before: "", dataDir: line.dataDir }
  const isLeftOut = line.awaited?.optional === true && current.startsWith("-")
  if (line.awaited !== null && !isLeftOut) return { ...nothing, ...valuesOf(line.awaited, line.awaited.argChoices, "") }
  const [, flag] = /^(--[^=]+)=/.exec(current) ?? []
  const option = flag === undefined || line.literal ? undefined : find(line.chain, flag)
  if (option !== undefined) return { ...nothing, ...valuesOf(option, option.argChoices, `${flag}=`) }
  if (current.startsWith("-") && !line.literal) return { ...nothing, candidates: optionsOf(line) }
  const commands = line.operands === 0 && !line.literal ? commandsOf(line.command) : []
  const argument = argumentAt(line.command, line.operands)
  if (argument === undefined) return { ...nothing, candidates: commands }
  const values = valuesOf(argument, argument.argChoices, "")
  return { ...nothing, ...values, candidates: [...commands, ...values.candidates] }
}

interface Line {
  readonly command: Command
  /** The command and those above it, whose options count too. */
  readonly chain: readonly Command[]
  readonly given: ReadonlySet<Option>
  /** How many operands the command has so far. */
  readonly operands: number
  /** Whether `--` has made all that follows operands. */
  readonly literal: boolean
  /** The option whose value comes next. */
  readonly awaited: Option | null
  readonly dataDir: string | undefined
}

/** Reads the words before the cursor as commander would. */
function read(program: Command, words: readonly string[]): Line {
  let command = program
  const chain = [program]
  const given = new Set<Option>()
  let operands = 0
  let literal = false
  let awaited: Option | null = null
  let dataDir: string | undefined
  for (const word of words) {
    // bash makes a word of each `=`.
    if (word === "=" && awaited !== null) continue
    if (awaited !== null && (awaited.required || !word.startsWith("-"))) {
      if (awaited.attributeName() === "dataDir") dataDir = word
      awaited = null
      continue
    }
    awaited = null
    if (word === "--") {
      literal = true
    } else if (word.startsWith("-") && !literal) {
      const [flag = word, ...value] = word.split("=")
      const option = find(chain, flag)
      if (option === undefined) continue
      given.add(option)
      if (value.length > 0 && option.attributeName() === "dataDir") dataDir = value.join("=")
      if (value.length === 0 && (option.required || option.optional)) awaited = option
    } else {
      const below = operands === 0 && !literal ? commandOf(command, word) : undefined
      if (below === undefined) operands++
      else chain.unshift((command = below))
    }
  }
  return { command, chain, given, operands, literal, awaited, dataDir }
}

function find(chain: readonly Command[], flag: string): Option | undefined {
  return chain.flatMap(({ options }) => options).find((option) => option.long === flag || option.short === flag)
}

function commandOf(command: Command, word: string): Command | undefined {
  return command.commands.find((below) => below.name() === word || below.aliases().includes(word))
}

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((below) => ({ word: below.name(), description: below.description() }))
}

function optionsOf({ chain, given }: Line): Candidate[] {
  const options = chain.flatMap((command) => command.createHelp().visibleOptions(command))
  const named = options.flatMap((option) => {
    // One that may be repeated has a default to add to.
    const isSpent = given.has(option) && !Array.isArray(option.defaultValue)
    return isSpent || option.long === undefined || option.long === null
      ? []
      : [{ word: option.long, description: option.description }]
  })
  return [...new Map(named.map((candidate) => [candidate.word, candidate])).values()]
}

function argumentAt({ registeredArguments }: Command, index: number): Argument | undefined {
  const last = registeredArguments.at(-1)
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined)
}

function valuesOf(
  named: Option | Argument,
  choices: readonly string[] | undefined,
  before: string,
): Pick<Completion, "candidates" | "wanted" | "before"> {
  if (choices !== undefined) {
    return { candidates: choices.map((choice) => ({ word: before + choice, description: "" })), wanted: null, before }
  }
  const name = "flags" in named ? /[<[]([^\]>.]+)/.exec(named.flags)?.[1] : named.name()
  return { candidates: [], wanted: name === undefined ? null : (WANTED[name] ?? null), before }
}
