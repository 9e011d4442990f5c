import { isSporeError, SporeError } from "@spore/records"
import {
  createProgramOutput,
  createUserPrograms,
  type JobLimits,
  type JobResult,
  oneLine,
  removeAbandonedFolders,
  type UserPrograms,
  type UserView,
  utf8Head,
} from "@spore/runner/user-program"
import { mkdir } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import type { CandidateProposal, ProposalContext, Proposer, ProposerErrorCode, ProposerHost } from "../proposer.ts"
import { describe, type Edits, readEdits } from "./answer.ts"
import { type AgentCommand, wordsFor } from "./command.ts"
import { agentEnvironment } from "./environment.ts"
import { type AttemptFolder, KIND, layOut, PROMPT_FILE } from "./layout.ts"
import { agentPrompt } from "./prompt.ts"
import { type AgentReport, createAgentReport } from "./report.ts"
import { filesView, findProgram, INSIDE_TREE, insideHome, insideTemporary } from "./sandbox.ts"
import { holdsSecret, secretsOf } from "./secrets.ts"

/** What one attempt of an agent may take. */
export interface AgentLimits {
  /** 20 minutes by default. */
  wallSeconds: number
  /**
   * US dollars: told to agents that can keep to it, and those that say what they spend are ended where it is more. By
   * default there is no cap.
   */
  costUsd: number | null
  /** Of all its processes: 8 GiB by default. */
  memoryMb: number
  /** 512 by default; held where there are cgroups. */
  processes: number
  /** What its folder may hold, HOME and temporary files in it included: 512 MiB by default. */
  diskBytes: number
}

export interface AgentProposerInit {
  command: AgentCommand
  /** Where the folders of attempts are made: on a disk, private to this user. */
  workDir: string
  host: ProposerHost
  /** The keeper's environment; of it the agent gets what it needs. */
  env: Readonly<Record<string, string | undefined>>
  /**
   * `files`: the agent sees its own folder, its login, itself and the system's programs, by bubblewrap. `none`: it runs
   * with all of its keeper's rights. By default `files` where that works, else `none`, and says so.
   */
  sandbox?: "files" | "none"
  /** Folders that an agent in `files` must never see: the node's own. */
  hidden: readonly string[]
  /** Further files and folders that it sees there, read-only. */
  show?: readonly string[]
  limits?: Partial<AgentLimits>
  /** What runs the agent; made for this proposer by default. */
  programs?: UserPrograms
}

const LIMITS: AgentLimits = {
  wallSeconds: 20 * 60,
  costUsd: null,
  memoryMb: 8192,
  processes: 512,
  diskBytes: 512 * 1024 * 1024,
}
const AGENT_BYTES = 128
/** What agents say whose keeper has to log in, or to pay. */
const NEEDS_KEEPER =
  /not logged in|please (run \/login|log ?in|set an auth method)|login required|(invalid|incorrect|missing|no) (x-)?api[ -_]?key|authentication[ _](error|failed)|\b401\b|unauthorized|credit balance is too low/i

/**
 * Proposes by running a command-line agent in a folder of its own, once for each proposal. What it made of the editable
 * files is the answer, where it ended by itself, or wrote ANSWER.md before it was ended or failed.
 */
export function createAgentProposer(init: AgentProposerInit): Proposer {
  const { command, workDir, host, env } = init
  const limits = { ...LIMITS, ...init.limits }
  const programs = init.programs ?? createUserPrograms()
  let prepared: Promise<{ sandboxed: boolean; warning: string | null }> | null = null

  /** Once: what a dead process left goes, and the sandbox is tried. */
  async function prepare(): Promise<{ sandboxed: boolean; warning: string | null }> {
    await mkdir(workDir, { recursive: true, mode: 0o700 })
    await removeAbandonedFolders(workDir, KIND)
    if (init.sandbox === "none") return { sandboxed: false, warning: null }
    const problem = await programs.viewProblem(workDir)
    if (problem === null) return { sandboxed: true, warning: null }
    const next = problem.next === null ? {} : { next: problem.next }
    if (init.sandbox === "files") {
      throw unavailable(`${command.name} cannot run in a sandbox here: ${problem.reason}`, next)
    }
    const advice = problem.next === null ? "" : ` (${problem.next})`
    const warning = `${command.name} runs with all your rights, since there is no sandbox: ${problem.reason}${advice}`
    return { sandboxed: false, warning }
  }

  async function propose(context: ProposalContext): Promise<CandidateProposal> {
    const program = await findProgram(command.words[0] ?? "", env["PATH"] ?? "")
    if (program === null) {
      throw unavailable(`there is no ${command.words[0]} on this machine`, {
        next: `install ${command.name}, or name its path with --agent-cmd`,
      })
    }
    prepared ??= prepare().catch((error: unknown) => {
      // asked again, its keeper may have helped
      prepared = null
      throw error
    })
    const { sandboxed, warning } = await prepared
    if (warning !== null) context.onLine(warning)
    const prompt = await agentPrompt(context)
    await using folder = await layOut(workDir, context, prompt)
    if (folder.withheld.length > 0) {
      context.onLine(
        `withheld from the agent, since agents obey them: ${folder.withheld.map((p) => oneLine(p, 100)).join(", ")}`,
      )
    }
    const report = createAgentReport()
    const attempt = await attemptOf(program, folder, context, sandboxed)
    const result = await run(attempt, folder, prompt, report, context)
    if (context.signal.aborted) throw failed(`${command.name} was stopped`)
    return await proposalOf(result, attempt.env, folder, report, context)
  }

  /** What is started, as the agent itself sees it. */
  async function attemptOf(
    program: string,
    folder: AttemptFolder,
    context: ProposalContext,
    sandboxed: boolean,
  ): Promise<Attempt> {
    const dir = sandboxed ? INSIDE_TREE : folder.tree
    const [, ...args] = wordsFor(command, {
      promptFile: join(dir, PROMPT_FILE),
      dir,
      editable: context.candidate.editable.map((path) => join("candidate", path)),
      maxCostUsd: limits.costUsd,
      sandboxed,
    })
    const words: [string, ...string[]] = [program, ...args]
    return {
      command: words,
      env: agentEnvironment(command, env, {
        home: sandboxed ? insideHome(env) : null,
        temporary: sandboxed ? insideTemporary : folder.temporary,
        dir,
      }),
      view: sandboxed
        ? await filesView({ command, words, folder, env, hidden: init.hidden, show: init.show ?? [] })
        : null,
    }
  }

  async function run(
    attempt: Attempt,
    folder: AttemptFolder,
    prompt: string,
    report: AgentReport,
    context: ProposalContext,
  ): Promise<JobResult> {
    const stop = new AbortController()
    const stopped: string[] = []
    const end = (detail: string): void => {
      stopped.push(detail)
      stop.abort()
    }
    const show = (line: string): void => {
      const shown = oneLine(line, 500)
      if (shown !== "") context.onLine(shown)
    }
    const output = createProgramOutput({
      onLine: (line) => {
        const readable = report.push(line)
        if (readable !== null) show(readable)
        const { costUsd } = report.usage()
        if (limits.costUsd !== null && costUsd !== null && costUsd > limits.costUsd) {
          end(`spent $${costUsd.toFixed(4)} of $${limits.costUsd}`)
        }
      },
      onFlood: end,
    })
    const began = performance.now()
    try {
      const result = await programs.run(
        { ...attempt, cwd: folder.tree, folder: folder.root, limits: jobLimits(limits) },
        {
          signal: AbortSignal.any([context.signal, stop.signal]),
          onLine: show,
          streams: { stdin: Readable.from([prompt]), stdout: output },
        },
      )
      const [detail] = stopped
      return detail === undefined || context.signal.aborted ? result : { ...result, outcome: "limit", detail }
    } finally {
      host.onUsage({ requests: 1, ...report.usage(), seconds: (performance.now() - began) / 1000 })
    }
  }

  async function proposalOf(
    result: JobResult,
    agentEnv: Readonly<Record<string, string>>,
    folder: AttemptFolder,
    report: AgentReport,
    context: ProposalContext,
  ): Promise<CandidateProposal> {
    if (result.outcome === "infra") throw unavailable(`${command.name} could not be started: ${result.detail}`)
    const edits = await editsOf(folder, context, () => reasonOf(result, report))
    if (edits.ignored !== null) context.onLine(edits.ignored)
    if (result.outcome !== "ok" && edits.answer === null) throw notFinished(result, report)
    if (edits.changed.length === 0) {
      // its own words could be a peer's
      if (NEEDS_KEEPER.test(report.problem() ?? "")) throw notFinished(result, report)
      throw failed(`${command.name} changed nothing${said(report.problem() ?? report.words())}`)
    }
    if (result.outcome !== "ok") context.onLine(`${command.name} had answered before it ended: ${result.detail}`)
    const described = describe(edits, report.words(), context)
    const secrets = await secretsOf(command, agentEnv, env["HOME"] ?? null)
    if (holdsSecret(edits.files, `${described.title}\n${described.hypothesis}`, secrets, context.parent.files)) {
      throw failed(`${command.name}'s answer holds a key or login of yours, and is thrown away`)
    }
    return { files: edits.files, ...described, agent: nameOf(report) }
  }

  function notFinished(result: JobResult, report: AgentReport): SporeError<ProposerErrorCode> {
    const reason = reasonOf(result, report)
    const message = `${command.name} did not finish: ${reason}`
    if (!NEEDS_KEEPER.test(`${reason}\n${result.outputTail.slice(-4096)}`)) return failed(message)
    return unavailable(message, { next: `log in to ${command.name} as this user, or set its key in the environment` })
  }

  function nameOf(report: AgentReport): string {
    const model = report.model()
    return utf8Head(oneLine(model === null ? command.name : `${command.name} ${model}`), AGENT_BYTES)
  }

  return { name: command.name, propose }
}

interface Attempt {
  command: [string, ...string[]]
  env: Record<string, string>
  view: UserView | null
}

/** A file that was made unreadable is no answer, but what stopped the agent says more. */
async function editsOf(folder: AttemptFolder, context: ProposalContext, reason: () => string): Promise<Edits> {
  try {
    return await readEdits(folder, context)
  } catch (error) {
    if (!isSporeError(error) || reason() === "") throw error
    throw failed(`${error.message} (${reason()})`)
  }
}

function jobLimits({ wallSeconds, memoryMb, processes, diskBytes }: AgentLimits): JobLimits {
  return { wallSeconds, memoryMb, processes, outputBytes: diskBytes }
}

function reasonOf(result: JobResult, report: AgentReport): string {
  const problem = report.problem()
  return oneLine([result.detail, ...(problem === null ? [] : [problem])].filter((part) => part !== "").join(": "))
}

function said(words: string): string {
  const line = oneLine(words.split("\n").at(-1) ?? "", 200)
  return line === "" ? "" : `; it said: ${line}`
}

function failed(message: string): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_failed", message)
}

function unavailable(message: string, options: { next?: string } = {}): SporeError<ProposerErrorCode> {
  return new SporeError("proposer_unavailable", message, options)
}
