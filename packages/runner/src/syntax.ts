import type { FileTree } from "@spore/records/artifacts"
import { createJobFolder } from "./job-folder.ts"
import type { JobLimits, Sandbox } from "./sandbox/sandbox.ts"

export interface SyntaxInit {
  sandbox: Sandbox
  workDir: string
  /** Of the machine's processor time, 1 to 100. */
  cpuPercent: number
}

/** How a language's own parser is asked about one file; it only reads. */
interface Parser {
  readonly files: RegExp
  readonly cmd: (path: string) => string[]
}

const PARSE_PYTHON = "import ast, sys; ast.parse(open(sys.argv[1], 'rb').read(), sys.argv[1])"
// Not .js: whether that is a module depends on what is around it.
const PARSERS: readonly Parser[] = [
  { files: /\.[mc]js$/, cmd: (path) => ["node", "--check", path] },
  { files: /\.py$/, cmd: (path) => ["python3", "-I", "-c", PARSE_PYTHON, path] },
]
/** Only what a parser says itself counts: a machine without Python, or in a hurry, is no fault of the code. */
const SAID = /^\s*(?:SyntaxError|IndentationError|TabError|ValueError: source code)\b.*/m
/** The last place named is in the file: what Python names before is the parser's caller. */
const LINE = /(?:\.[mc]js:|", line )(\d+)\b/g
const LIMITS: Omit<JobLimits, "cpuPercent"> = { wallSeconds: 10, memoryMb: 1024, processes: 32, outputBytes: 1024 }
const MAX_FILES = 8
const MAX_CHARACTERS = 500

/**
 * What the language's own parser has against a candidate's files; null where that is nothing, or no parser is known.
 * Nothing of them is executed, and the parser runs in the sandbox: files may attack it as well.
 */
export async function syntaxFault(init: SyntaxInit, files: FileTree, signal: AbortSignal): Promise<string | null> {
  const asked = [...files.keys()].flatMap((path) => {
    const parser = PARSERS.find((one) => one.files.test(path))
    return parser === undefined ? [] : [{ path, cmd: parser.cmd(path) }]
  })
  if (asked.length === 0) return null
  for (const { path, cmd } of asked.slice(0, MAX_FILES)) {
    await using folder = await createJobFolder(init.workDir, files)
    const { inputs, outputs } = folder
    const job = { cmd, inputs, outputs, env: {}, limits: { ...LIMITS, cpuPercent: init.cpuPercent } }
    const result = await init.sandbox.run(job, { signal })
    const said = result.outcome === "crash" ? SAID.exec(result.outputTail) : null
    if (said === null) continue
    const line = [...result.outputTail.matchAll(LINE)].at(-1)?.[1]
    return `${path}${line === undefined ? "" : ` line ${line}`}: ${said[0].trim()}`.slice(0, MAX_CHARACTERS)
  }
  return null
}
