/**
 * Command-line agents as proposers.
 *
 * @packageDocumentation
 */
export { type AgentLimits, type AgentProposerInit, createAgentProposer } from "./agent.ts"
export { type AgentCommand, parseAgentCommand } from "./command.ts"
export { AGENT_PRESETS } from "./presets.ts"
export { findProgram } from "./sandbox.ts"
export type { AgentCommandErrorCode } from "./words.ts"
