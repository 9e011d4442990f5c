import { join } from "node:path"
import { systemClock } from "@spore/records"
import type { ModelSettings, Proposer, ProposerHost } from "@spore/research"
import type { AgentCommand } from "@spore/research/agent"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { readModels } from "../models/model-file.ts"
import { openModel } from "../models/open-model.ts"
import type { ProposerChoice, ResearchSettings } from "../settings/research.ts"

/** Agents that never say what a run of theirs cost. */
const SAY_NO_COST = ["codex", "gemini"]

/** Who proposes, as far as that can be known before it is asked. */
export type FoundProposer =
  | { readonly kind: "tuner" }
  | { readonly kind: "llm"; readonly model: ModelSettings }
  | { readonly kind: "agent"; readonly command: AgentCommand }

export interface ProposerSource {
  readonly dataDir: string
  readonly env: Context["env"]
  readonly settings: Pick<ResearchSettings, "proposer" | "maxCostUsd">
}

/**
 * Finds who is to propose, and sees that they can be asked, as far as that shows without asking.
 *
 * @throws SporeError `bad_usage` for a model without a key, an agent that is not here, and a limit of cost that could
 *   never hold; `bad_config`, `agent_command`
 */
export async function findProposer({ dataDir, env, settings }: ProposerSource): Promise<FoundProposer> {
  const found = await resolve(settings.proposer, dataDir, env)
  if (settings.maxCostUsd !== null) refuseUnpriced(found)
  return found
}

/**
 * Makes the proposer of a run; undefined for the tuner, which every node has. What a model or an agent needs is loaded
 * only where one is asked.
 *
 * @throws SporeError as `findProposer`
 */
export async function makeProposer(source: ProposerSource): Promise<((host: ProposerHost) => Proposer) | undefined> {
  const { dataDir, env, settings } = source
  const found = await findProposer(source)
  switch (found.kind) {
    case "tuner":
      return undefined
    case "llm": {
      const { createLlmProposer } = await import("@spore/research/llm")
      return (host) => createLlmProposer({ model: found.model, host, clock: systemClock })
    }
    case "agent": {
      const { createAgentProposer } = await import("@spore/research/agent")
      return (host) =>
        createAgentProposer({
          command: found.command,
          workDir: join(dataDir, "agents"),
          host,
          env,
          hidden: [dataDir],
          limits: { costUsd: settings.maxCostUsd },
        })
    }
  }
}

async function resolve(choice: ProposerChoice, dataDir: string, env: Context["env"]): Promise<FoundProposer> {
  switch (choice.kind) {
    case "tuner":
      return choice
    case "auto": {
      // A key in the environment alone is there for something else: what costs money has been chosen by its keeper.
      const { used } = await readModels(dataDir)
      const model = used === null ? null : await openModel(dataDir, env, used)
      return model === null ? { kind: "tuner" } : { kind: "llm", model }
    }
    case "llm": {
      const model = await openModel(dataDir, env, choice.model)
      if (model !== null) return { kind: "llm", model }
      throw cliError("bad_usage", "a model is to propose, and none is set", { next: "spore set groq" })
    }
    case "agent":
      return { kind: "agent", command: await findAgent(choice, env) }
  }
}

async function findAgent(choice: ProposerChoice & { kind: "agent" }, env: Context["env"]): Promise<AgentCommand> {
  const { AGENT_PRESETS, findProgram, parseAgentCommand } = await import("@spore/research/agent")
  const command =
    "command" in choice
      ? parseAgentCommand(choice.command)
      : Object.hasOwn(AGENT_PRESETS, choice.name)
        ? AGENT_PRESETS[choice.name]
        : undefined
  if (command === undefined) {
    throw cliError("bad_usage", `no agent is known by this name; known are ${Object.keys(AGENT_PRESETS).join(", ")}`, {
      next: "spore run --agent-cmd COMMAND, for any other",
    })
  }
  const [program = ""] = command.words
  if ((await findProgram(program, env["PATH"] ?? "")) === null) {
    throw cliError("bad_usage", `there is no ${program} on this machine to propose experiments`, {
      next: `install ${command.name}, or name its path with --agent-cmd`,
    })
  }
  return command
}

/** A limit that nothing counts against would be no limit. */
function refuseUnpriced(found: FoundProposer): void {
  if (found.kind === "llm" && found.model.prices === null) {
    const { provider, model } = found.model
    throw cliError("bad_usage", `--max-cost needs the prices of ${provider} ${model}, which are not known`, {
      next: `spore set ${provider} --price IN,OUT (US dollars per million tokens); or --max-tokens instead`,
    })
  }
  if (found.kind === "agent" && SAY_NO_COST.includes(found.command.name)) {
    throw cliError("bad_usage", `--max-cost cannot hold: ${found.command.name} does not say what it costs`, {
      next: "--max-tokens, --max-experiments or --until instead",
    })
  }
}
