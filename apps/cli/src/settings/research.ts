import { resolve } from "node:path"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import {
  commandSchema,
  costSchema,
  modelSchema,
  type ProposerKind,
  proposerSchema,
  type ResearchConfig,
  tokensSchema,
  workersSchema,
} from "./config-file.ts"
import { fromEnv, variable, wholeOf } from "./variables.ts"

/** Who is to propose. */
export type ProposerChoice =
  /** The model that `spore set` chose, else the tuner. */
  | { readonly kind: "auto" }
  | { readonly kind: "tuner" }
  /** PROVIDER or PROVIDER/MODEL; undefined: what `spore set` chose. */
  | { readonly kind: "llm"; readonly model: string | undefined }
  /** A command of the keeper's, or the name of a known agent. */
  | { readonly kind: "agent"; readonly command: string }
  | { readonly kind: "agent"; readonly name: string }

/** How research is to be done. */
export interface ResearchSettings {
  readonly proposer: ProposerChoice
  /** Loops side by side. */
  readonly workers: number
  /** US dollars; null: no limit. */
  readonly maxCostUsd: number | null
  readonly maxTokens: number | null
  /** Path of the keeper's words to proposers, in the data folder where it is relative; undefined: program.md there. */
  readonly program: string | undefined
}

/** What flags may set. */
export interface ResearchFlags {
  proposer?: ProposerKind | undefined
  model?: string | undefined
  agent?: string | undefined
  agentCmd?: string | undefined
  workers?: number | undefined
  maxCost?: number | undefined
  maxTokens?: number | undefined
  program?: string | undefined
}

/** What one source says of who proposes; `names` are its words for the settings, for messages. */
interface Said {
  readonly proposer: ProposerKind | undefined
  readonly model: string | undefined
  readonly agent: string | undefined
  readonly command: string | undefined
  readonly names: {
    readonly proposer: string
    readonly model: string
    readonly agent: string
    readonly command: string
  }
  readonly code: "bad_usage" | "bad_setting" | "bad_config"
}

/**
 * A flag wins over a SPORE_* variable, that over `[research]`. A source that names a model or an agent says thereby who
 * proposes, unless it says so itself; the first that does decides.
 *
 * @throws SporeError `bad_usage`, `bad_setting`, `bad_config` where one source contradicts itself, or an agent is to
 *   propose that nothing names
 */
export function resolveResearch(flags: ResearchFlags, env: Context["env"], config: ResearchConfig): ResearchSettings {
  const text = (name: string, schema: typeof modelSchema): string | undefined => fromEnv(env, name, schema, String)
  return {
    proposer: choose([
      {
        proposer: flags.proposer,
        model: flags.model,
        agent: flags.agent,
        command: flags.agentCmd,
        names: { proposer: "--proposer", model: "--model", agent: "--agent", command: "--agent-cmd" },
        code: "bad_usage",
      },
      {
        proposer: fromEnv(env, "SPORE_PROPOSER", proposerSchema, String),
        model: text("SPORE_MODEL", modelSchema),
        agent: variable(env, "SPORE_AGENT"),
        command: text("SPORE_AGENT_CMD", commandSchema),
        names: {
          proposer: "SPORE_PROPOSER",
          model: "SPORE_MODEL",
          agent: "SPORE_AGENT",
          command: "SPORE_AGENT_CMD",
        },
        code: "bad_setting",
      },
      {
        proposer: config.proposer,
        model: config.model,
        agent: config.agent,
        command: config.agent_cmd,
        names: {
          proposer: "proposer in config.toml",
          model: "model in config.toml",
          agent: "agent in config.toml",
          command: "agent_cmd in config.toml",
        },
        code: "bad_config",
      },
    ]),
    workers: flags.workers ?? fromEnv(env, "SPORE_WORKERS", workersSchema, wholeOf) ?? config.workers ?? 1,
    maxCostUsd: flags.maxCost ?? fromEnv(env, "SPORE_MAX_COST", costSchema, Number) ?? config.max_cost ?? null,
    maxTokens: flags.maxTokens ?? fromEnv(env, "SPORE_MAX_TOKENS", tokensSchema, wholeOf) ?? config.max_tokens ?? null,
    program: flags.program === undefined ? config.program : resolve(flags.program),
  }
}

function choose(sources: readonly Said[]): ProposerChoice {
  for (const said of sources) refuseContradiction(said)
  const kind = sources.map(kindOf).find((one) => one !== undefined) ?? "auto"
  if (kind === "auto" || kind === "tuner") return { kind }
  if (kind === "llm") return { kind, model: sources.map(({ model }) => model).find((one) => one !== undefined) }
  for (const { agent, command } of sources) {
    if (command !== undefined) return { kind, command }
    if (agent !== undefined) return { kind, name: agent }
  }
  throw cliError("bad_usage", "an agent is to propose, and nothing says which", {
    next: "spore run --agent NAME, or --agent-cmd COMMAND",
  })
}

/** What a source says of the kind, in so many words or by what it names. */
function kindOf({ proposer, model, agent, command }: Said): ProposerKind | undefined {
  if (proposer !== undefined) return proposer
  if (model !== undefined) return "llm"
  return agent !== undefined || command !== undefined ? "agent" : undefined
}

function refuseContradiction({ proposer, model, agent, command, names, code }: Said): void {
  const refuse = (one: string, other: string): never => {
    throw cliError(code, `${one} and ${other} do not go together`, { next: "leave one of them out" })
  }
  if (agent !== undefined && command !== undefined) refuse(names.agent, names.command)
  const isAgent = agent !== undefined || command !== undefined
  const agentName = agent === undefined ? names.command : names.agent
  // Files may hold what each kind needs, and say which it is to be.
  if (code === "bad_config" && proposer !== undefined && proposer !== "auto") return
  if (isAgent && model !== undefined) refuse(names.model, agentName)
  if (proposer === undefined) return
  if (model !== undefined && proposer !== "llm") refuse(names.model, `${names.proposer} ${proposer}`)
  if (isAgent && proposer !== "agent") refuse(agentName, `${names.proposer} ${proposer}`)
}
