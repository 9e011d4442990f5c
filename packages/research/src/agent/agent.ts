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
import { type AgentReport, createAgentReport, type ReportedUsage } from "./report.ts"
import { filesView, findProgram, INSIDE_TREE, insideHome, insideTemporary } from "./sandbox.ts"
import { createSecrets, holdsSecret, type Secrets, secretsOf } from "./secrets.ts"

/** What one attempt of an agent may take. */
export interface AgentLimits {
  /** 20 minutes by default. */
  wallSeconds: number
  /**
   * US dollars: told to agents that can keep to it, and those that say what they spend are ended where it is more. It
   * is less where the host has less left. By default there is no cap of an attempt.
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
/** Of a line of its output: more is not looked at. */
const LINE_CHARACTERS = 4096
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

  /** What may still be spent; another attempt at the same time may make it less at any moment. */
  function left(): Left {
    const { costUsd, tokens } = host.remaining?.() ?? { costUsd: null, tokens: null }
    return { costUsd: least(limits.costUsd, costUsd), tokens }
  }

  async function propose(context: ProposalContext): Promise<CandidateProposal> {
    const { costUsd: cap, tokens } = left()
    if ((cap !== null && cap <= 0) || (tokens !== null && tokens <= 0)) {
      throw new SporeError<ProposerErrorCode>("budget_spent", `nothing is left to spend on ${command.name}`)
    }
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
    const attempt = await attemptOf(program, folder, context, sandboxed, cap)
    const secrets = await secretsOf(command, attempt.env, env["HOME"] ?? null)
    return await answerOf(attempt, folder, prompt, context, secrets)
  }

  /** Runs it. No line, failure or answer gives away what it knows of its keeper's secrets. */
  async function answerOf(
    attempt: Attempt,
    folder: AttemptFolder,
    prompt: string,
    context: ProposalContext,
    known: readonly string[],
  ): Promise<CandidateProposal> {
    const report = createAgentReport()
    let secrets = createSecrets(known)
    const discreet = { ...context, onLine: (line: string) => context.onLine(secrets.mask(line)) }
    try {
      const result = await run(attempt, folder, prompt, report, discreet, secrets)
      if (context.signal.aborted) throw failed(`${command.name} was stopped`)
      // it may have renewed its login
      secrets = createSecrets([...known, ...(await secretsOf(command, attempt.env, env["HOME"] ?? null))])
      return await proposalOf(result, folder, report, discreet, secrets)
    } catch (error) {
      if (!isSporeError(error)) throw error
      const next = error.next === undefined ? {} : { next: error.next }
      throw new SporeError(error.code, secrets.mask(error.message), next)
    }
  }

  /** What is started, as the agent itself sees it. */
  async function attemptOf(
    program: string,
    folder: AttemptFolder,
    context: ProposalContext,
    sandboxed: boolean,
    maxCostUsd: number | null,
  ): Promise<Attempt> {
    const dir = sandboxed ? INSIDE_TREE : folder.tree
    const [, ...args] = wordsFor(command, {
      promptFile: join(dir, PROMPT_FILE),
      dir,
      editable: context.candidate.editable.map((path) => join("candidate", path)),
      // in whole hundredths of a cent, which any program reads
      maxCostUsd: maxCostUsd === null ? null : Math.max(1, Math.floor(maxCostUsd * 1e4)) / 1e4,
      sandboxed,
    })
    const words: [string, ...string[]] = [program, ...args]
    return {
      maxCostUsd,
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
    { maxCostUsd, ...program }: Attempt,
    folder: AttemptFolder,
    prompt: string,
    report: AgentReport,
    context: ProposalContext,
    secrets: Secrets,
  ): Promise<JobResult> {
    const stop = new AbortController()
    const stopped: string[] = []
    const end = (detail: string): void => {
      stopped.push(detail)
      stop.abort()
    }
    const show = (line: string): void => {
      // before it is cut: half a secret is not known for one
      const shown = oneLine(secrets.mask(line.slice(0, LINE_CHARACTERS)), 500)
      if (shown !== "") context.onLine(shown)
    }
    const output = createProgramOutput({
      onLine: (line) => {
        const readable = report.push(line)
        if (readable !== null) show(readable)
        const excess = excessOf(report.usage(), left())
        if (excess !== null) end(excess)
      },
      onFlood: end,
    })
    const began = performance.now()
    let result: JobResult | null = null
    try {
      result = await programs.run(
        { ...program, cwd: folder.tree, folder: folder.root, limits: jobLimits(limits) },
        {
          signal: AbortSignal.any([context.signal, stop.signal]),
          onLine: show,
          streams: { stdin: Readable.from([prompt]), stdout: output },
        },
      )
      const [detail] = stopped
      if (detail !== undefined && !context.signal.aborted) result = { ...result, outcome: "limit", detail }
      return result
    } finally {
      const used = report.usage()
      const isCut = used.costUsd === null && wasCut(result, used, context.signal)
      if (isCut && maxCostUsd !== null) {
        context.onLine(`${command.name} ended before it said what it cost: its cap of $${maxCostUsd} counts as spent`)
      }
      const costUsd = isCut ? maxCostUsd : used.costUsd
      host.onUsage({ requests: 1, ...used, costUsd, seconds: (performance.now() - began) / 1000 })
    }
  }

  async function proposalOf(
    result: JobResult,
    folder: AttemptFolder,
    report: AgentReport,
    context: ProposalContext,
    secrets: Secrets,
  ): Promise<CandidateProposal> {
    if (result.outcome === "infra") throw unavailable(`${command.name} could not be started: ${result.detail}`)
    const edits = await editsOf(folder, context, () => reasonOf(result, report, secrets))
    if (edits.ignored !== null) context.onLine(edits.ignored)
    if (result.outcome !== "ok" && edits.answer === null) throw notFinished(result, report, secrets)
    if (edits.changed.length === 0) {
      // its own words could be a peer's
      if (NEEDS_KEEPER.test(report.problem() ?? "")) throw notFinished(result, report, secrets)
      throw failed(`${command.name} changed nothing${said(secrets.mask(report.problem() ?? report.words()))}`)
    }
    if (result.outcome !== "ok") context.onLine(`${command.name} had answered before it ended: ${result.detail}`)
    const described = describe(edits, report.words(), context)
    const agent = nameOf(report)
    const words = [described.title, described.hypothesis, agent].join("\n")
    if (holdsSecret(edits.files, words, secrets, context.parent.files)) {
      throw failed(`${command.name}'s answer holds a key or login of yours, and is thrown away`)
    }
    return { files: edits.files, ...described, agent }
  }

  function notFinished(result: JobResult, report: AgentReport, secrets: Secrets): SporeError<ProposerErrorCode> {
    const reason = reasonOf(result, report, secrets)
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
  /** Null where there is no cap. */
  maxCostUsd: number | null
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

type Left = ReturnType<NonNullable<ProposerHost["remaining"]>>

function least(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

/** What was used of which there is less; null where there is nothing. */
function excessOf({ inputTokens, outputTokens, costUsd }: ReportedUsage, left: Left): string | null {
  if (left.costUsd !== null && costUsd !== null && costUsd > left.costUsd) {
    return `spent $${costUsd.toFixed(4)} of $${left.costUsd}`
  }
  const tokens = inputTokens + outputTokens
  if (left.tokens !== null && tokens > left.tokens) return `used ${tokens} of ${left.tokens} tokens`
  return null
}

/**
 * Whether an attempt that named no cost was cut off, so that it may have spent all it could: ended by a limit, or failed
 * after it had used tokens. What its keeper stopped is only unpriced: with it the run ends, and its limit.
 */
function wasCut(result: JobResult | null, used: ReportedUsage, signal: AbortSignal): boolean {
  if (signal.aborted) return isSporeError(signal.reason)
  if (result === null || result.outcome === "ok" || result.outcome === "infra") return false
  return result.outcome !== "crash" || used.inputTokens + used.outputTokens > 0
}

function reasonOf(result: JobResult, report: AgentReport, secrets: Secrets): string {
  const parts = [result.detail, report.problem() ?? ""].map((part) => secrets.mask(part))
  return oneLine(parts.filter((part) => part !== "").join(": "))
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
