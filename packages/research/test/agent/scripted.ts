/**
 * Agents that do as they are scripted, and what came of asking one.
 *
 * @packageDocumentation
 */
import { isSporeError, seededRandom } from "@spore/records"
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import {
  type AgentCommand,
  createAgentProposer,
  parseAgentCommand,
  type AgentProposerInit,
} from "../../src/agent/index.ts"
import type { CandidateProposal, ProposalContext, ProposerHost, Usage } from "../../src/index.ts"
import { contextOf, filesOf } from "../objective.ts"

/** A private folder with the node's key in it, as a data folder has. */
export interface Place extends AsyncDisposable {
  readonly folder: string
  readonly dataDir: string
  readonly key: string
}

export async function createPlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "spore-agents-"))
  const dataDir = join(folder, "home", ".spore")
  const key = join(dataDir, "identity.pem")
  await mkdir(dataDir, { recursive: true })
  await writeFile(key, "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIFAKEFAKEFAKE\n-----END PRIVATE KEY-----\n", {
    mode: 0o600,
  })
  return { folder, dataDir, key, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

/** What came of one attempt. */
export interface Attempted {
  proposal: CandidateProposal | null
  /** `code: message` of what was thrown; empty where nothing was. */
  error: string
  lines: string[]
  usage: Usage[]
  /** What is left of the folders of attempts. */
  left: string[]
}

/** With what the host has left. */
export type ScriptedInit = Partial<AgentProposerInit> & Pick<ProposerHost, "remaining">

export const EDITABLE = "main.js"
export const BEFORE = "export const RATE = 1\n"

export function agentContext(fields: Partial<ProposalContext> = {}): ProposalContext {
  const base = contextOf({ random: seededRandom(1) })
  return {
    ...base,
    candidate: { editable: [EDITABLE], entry: EDITABLE, language: "javascript" },
    frozen: new Map([...filesOf("A task.\n")].map(([, content]) => ["README.md", content])),
    parent: { ...base.parent, files: new Map([[EDITABLE, new TextEncoder().encode(BEFORE)]]) },
    ...fields,
  }
}

/** Runs `script`, of a POSIX shell, as an agent. */
export async function attempt(
  place: Place,
  script: string,
  init: ScriptedInit = {},
  context: Partial<ProposalContext> = {},
): Promise<Attempted> {
  const program = await writeAgent(place, script)
  return ask(place, { command: parseAgentCommand(program), ...init }, context)
}

export async function writeAgent(place: Place, script: string): Promise<string> {
  const program = join(place.folder, "agents", `agent-${crypto.randomUUID()}`)
  await mkdir(dirname(program), { recursive: true })
  await writeFile(program, `#!/bin/sh\n${script}\n`)
  await chmod(program, 0o755)
  return program
}

export async function ask(
  place: Place,
  { remaining, ...init }: ScriptedInit & { command: AgentCommand },
  context: Partial<ProposalContext> = {},
): Promise<Attempted> {
  const lines: string[] = []
  const usage: Usage[] = []
  const workDir = join(place.dataDir, "agents")
  const proposer = createAgentProposer({
    workDir,
    host: { onUsage: (used) => usage.push(used), ...(remaining === undefined ? {} : { remaining }) },
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", HOME: join(place.folder, "home") },
    hidden: [place.dataDir],
    ...init,
    limits: { wallSeconds: 60, ...init.limits },
  })
  const attempted: Attempted = { proposal: null, error: "", lines, usage, left: [] }
  try {
    attempted.proposal = await proposer.propose(agentContext({ ...context, onLine: (line) => lines.push(line) }))
  } catch (error) {
    if (!isSporeError(error)) throw error
    attempted.error = `${error.code}: ${error.message}`
  }
  attempted.left = await readdir(workDir).catch(() => [])
  return attempted
}

export function textOf({ proposal }: Attempted): string {
  return new TextDecoder().decode(proposal?.files.get(EDITABLE) ?? new Uint8Array())
}
