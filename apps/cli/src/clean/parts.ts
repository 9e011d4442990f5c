/** What a data folder holds, by what it is to its keeper. */
export interface Part {
  readonly name: string
  /** For people: what goes with it. */
  readonly what: string
  /** Whose files these are: a node makes or gets them again; they may be nowhere else; the keeper wrote them; the key. */
  readonly kind: "made" | "kept" | "written" | "key"
  /** Names in the data folder, each matched whole. */
  readonly names: readonly RegExp[]
}

/** Everything that this program puts there, in the order in which it is deleted: at each point a node can start. */
export const PARTS: readonly Part[] = [
  made("jobs", "folders of runs that were cut off", /jobs/),
  made("agents", "folders of agents that were cut off", /agents/),
  made("cache", "compiled code", /cache/),
  made("logs", "the node's log", /logs/),
  made("environments", "Python packages of tasks, and your yes to them", /environments/),
  made("peers", "addresses of peers", /peers\.json(\..+)?/),
  kept("artifacts", "code, logs and outputs of experiments, also pinned ones", /artifacts/, /pins/),
  kept("backups", "the database before it was migrated", /backups/),
  // The rest of a database is of no account without its file, and of harm to nobody.
  kept(
    "database",
    "facts, also your own; what was tried and not published; what was spent; the pinned task",
    /spore\.sqlite/,
    /spore\.sqlite[-.].+/,
  ),
  made(
    "claims",
    "files of processes that are gone",
    /(starting|service)\.json(\..+)?/,
    /running\.json\..+/,
    /control\.sock/,
  ),
  written("workspace", "files that came with releases", /workspace/),
  written("program", "your words to proposers", /program\.md/),
  written("models", "keys of language models", /models\.json(\..+)?/),
  written(
    "config",
    "your settings, and the flags of the last start",
    /config\.toml(\..+)?/,
    /service-flags\.json(\..+)?/,
  ),
  { name: "key", what: "this node's name: nobody can give it back", kind: "key", names: [/identity\.pem/] },
]

/** What lies there and is deleted by none of this. */
export const NOT_OURS: Readonly<Record<string, string>> = {
  "running.json": "says that this command is at work",
  versions: "installed versions of spore: spore update",
}

/** A part is begun by a name that is moved aside first, and then deleted at leisure. */
export const ASIDE = ".clean-"

function made(name: string, what: string, ...names: RegExp[]): Part {
  return { name, what, kind: "made", names }
}

function kept(name: string, what: string, ...names: RegExp[]): Part {
  return { name, what, kind: "kept", names }
}

function written(name: string, what: string, ...names: RegExp[]): Part {
  return { name, what, kind: "written", names }
}

/** The part that a name in the data folder belongs to. */
export function partOf(name: string): Part | undefined {
  return PARTS.find(({ names }) => names.some((pattern) => new RegExp(`^(?:${pattern.source})$`).test(name)))
}
