import type { NodeMode, Notice } from "@spore/node"
import type { ControlErrorCode } from "@spore/node/local"
import type { Supervised } from "@spore/operator/supervise"
import { type Logger, messageOf } from "@spore/records"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError, failureOf } from "../errors.ts"
import { prepareWithLegacy } from "../exchange/legacy-import.ts"
import { createLiveView } from "../live/live-view.ts"
import { carriedLimits } from "./carried-limits.ts"
import { createCounter } from "./counter.ts"
import { isHindrance } from "./hindrance.ts"
import { createJsonView } from "./json-view.ts"
import { createLinesView } from "./lines-view.ts"
import { createLogFile } from "./log-file.ts"
import { logPath } from "../logs/path.ts"
import { createLogView } from "./log-view.ts"
import type { RunEvent, RunView } from "./run-event.ts"
import { createEnding } from "./ending.ts"
import { researchInit } from "../research/research-init.ts"
import { startSession } from "./session.ts"
import {
  commandSchema,
  costSchema,
  modelSchema,
  proposerSchema,
  rateSchema,
  readConfig,
  relaySchema,
  tokensSchema,
  workersSchema,
} from "../settings/config-file.ts"
import { jobVariables, pipVariables } from "../settings/job-variables.ts"
import { resolveSettings } from "../settings/settings.ts"
import { untilHealthy } from "../supervised/health.ts"
import { findInstallation } from "../updates/installation.ts"
import { nodeUpdater, prepareVersion } from "../updates/node-updater.ts"

/** Codes of the notice that a node has no control socket. */
const NO_CONTROL: readonly string[] = ["control_unsafe", "control_unusable"] satisfies ControlErrorCode[]

const optionsSchema = z.object({
  task: z.string().optional(),
  peer: z.array(z.string()).default([]),
  announce: z.array(z.string()).default([]),
  lan: z.boolean().optional(),
  mdns: z.boolean().optional(),
  relay: relaySchema.optional(),
  solo: z.boolean().default(false),
  train: z.boolean().default(true),
  verifyOnly: z.boolean().default(false),
  verify: z.boolean().default(true),
  verifyRate: rateSchema.optional(),
  port: z.number().optional(),
  webPort: z.number().optional(),
  webHost: z.string().optional(),
  resource: z.number().optional(),
  gpu: z.boolean().optional(),
  unsandboxed: z.literal("own").optional(),
  proposer: proposerSchema.optional(),
  model: modelSchema.optional(),
  agent: z.string().min(1).optional(),
  agentCmd: commandSchema.optional(),
  workers: workersSchema.optional(),
  maxExperiments: z.number().optional(),
  maxCost: costSchema.optional(),
  maxTokens: tokensSchema.optional(),
  until: z.string().optional(),
  program: z.string().min(1).optional(),
  autoUpdate: z.boolean().default(true),
  service: z.boolean().default(false),
})

/**
 * Runs a node until a signal, until whoever read its output is gone, until its research has reached a limit, or until
 * its supervisor says so.
 *
 * @param supervised null: nobody supervises this process
 */
export async function runNode(context: Context, invocation: Invocation, supervised: Supervised | null): Promise<void> {
  let isHealthy = false
  const onHealthy = (): void => {
    isHealthy = true
    supervised?.healthy()
  }
  try {
    await runUntilEnd(context, invocation, supervised, onHealthy)
  } catch (error) {
    if (!isHealthy && isHindrance(error)) supervised?.hindered(messageOf(error))
    throw error
  }
}

async function runUntilEnd(
  context: Context,
  { options }: Invocation,
  supervised: Supervised | null,
  onHealthy: () => void,
): Promise<void> {
  const asked = optionsSchema.parse(options)
  if (asked.solo && asked.peer.length > 0) {
    throw cliError("bad_usage", "--solo dials nobody, so it takes no --peer", { next: "leave one of them out" })
  }
  const { dataDir, output } = context
  const folder = await prepareWithLegacy(context)
  const flags = { ...asked, verify: verifyAsked(asked), autoUpdate: asked.autoUpdate ? undefined : false }
  const settings = resolveSettings(flags, context.env, await readConfig(folder.paths.config))

  const mode = modeOf(asked)
  const { maxExperiments, until } = asked
  const carried = supervised === null ? null : await carriedLimits(dataDir)
  const source = { dataDir, env: context.env, settings: settings.research, maxExperiments, until, carried }
  const research = mode === "research" ? await researchInit(source) : {}

  const view = asked.service ? NO_VIEW : viewFor(context)
  const log = createLogFile(logPath(dataDir), settings.logLevel)
  const toLog = createLogView(log)
  const counter = createCounter(Date.now(), dataDir)
  const researched = Promise.withResolvers<null>()
  let hasControl = true
  const onEvent = (event: RunEvent): void => {
    counter.count(event)
    view.show(event)
    toLog(event)
    if (event.type === "ready") hasControl = !event.status.notices.some(({ code }) => NO_CONTROL.includes(code))
    if (event.type === "research_ended") researched.resolve(null)
  }
  const ending = createEnding(output)
  ending.beforeHardEnd(() => view.close())
  supervised?.onStop((again) => (again ? ending.endNow() : ending.request()))
  const ended = new AbortController()
  const installation = findInstallation(context.env)
  const tell = (notice: Notice): void => onEvent({ type: "notice", notice })
  const onPhase = (phase: string): void => supervised?.phase(phase)
  try {
    onPhase("starting the node")
    const session = await startSession({
      dataDir,
      folder,
      settings,
      mode,
      research,
      solo: asked.solo,
      unsandboxedOwn: asked.unsandboxed === "own",
      version: context.version,
      jobEnv: jobVariables(context.env),
      pipEnv: pipVariables(context.env),
      onEvent,
      log,
      updater: nodeUpdater({ installation, settings: settings.update, supervised, tell, log }),
      prepare: () => prepareVersion(installation, dataDir, onPhase, log),
      ending,
      onPhase,
    }).catch((error: unknown) => {
      logRefusal(log, error)
      throw error
    })
    ending.beforeHardEnd(() => session.abandon())
    ending.judgeErrors((error) => session.noteError(error))
    const startUpdates = (): void => session.startUpdates(() => ending.request())
    if (supervised === null) startUpdates()
    else {
      const onFailure = (error: unknown): void => session.logError(error)
      const healthy = untilHealthy({ dataDir, hasControl: () => hasControl, signal: ended.signal, onFailure })
      void healthy.then((isHealthy) => {
        if (!isHealthy) return
        onHealthy()
        startUpdates()
      })
    }
    const failure = await Promise.race([ending.requested, researched.promise])
    ended.abort()
    onEvent({ type: "stopping" })
    await session.stop()
    onEvent({ type: "stopped", summary: counter.summary(Date.now()) })
    if (failure !== null) throw failure.error
  } finally {
    ended.abort()
    view.close()
    log.close()
    ending.release()
  }
}

/** A node in the background has nobody to tell why it does not start. */
function logRefusal(log: Logger, error: unknown): void {
  const { code, message, next } = failureOf(error)
  log.error({ event: "failed", code, next }, message)
}

function modeOf({ train, verifyOnly }: { train: boolean; verifyOnly: boolean }): NodeMode {
  if (!train) return "sync"
  return verifyOnly ? "verify" : "research"
}

/** Undefined leaves it to config.toml. */
function verifyAsked({ verify, verifyOnly }: { verify: boolean; verifyOnly: boolean }): boolean | undefined {
  if (!verify) return false
  return verifyOnly ? true : undefined
}

/** Of a node in the background. */
const NO_VIEW: RunView = { show: () => undefined, close: () => undefined }

/** Live on a terminal, one line per event elsewhere, one object per event for programs. */
function viewFor({ json, output }: Context): RunView {
  if (json)
    return createJsonView(
      (line) => output.print(line),
      () => Date.now(),
    )
  if (output.isTerminal) return createLiveView({ output, now: () => Date.now() })
  return createLinesView(
    (line) => output.print(line),
    () => new Date(),
  )
}
