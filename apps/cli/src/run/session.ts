import { existsSync } from "node:fs"
import { type ApiServer, createApi, serveApi } from "@spore/api"
import type { UpdateStatus } from "@spore/api/client"
import {
  type ControlledNode,
  createSporeNode,
  dataPaths,
  findTask,
  serveControl,
  type SporeNode,
  type SporeNodeInit,
} from "@spore/node"
import { claimFolder, createUndo, prepareDatabase, restoredNotice, saveMemory, type Undo } from "@spore/node/local"
import { isSporeError, type Logger, messageOf, systemClock } from "@spore/records"
import { cliError } from "../errors.ts"
import { explorerDir } from "../explorer/bundle.ts"
import { openFacts } from "../folder/facts.ts"
import { taskToFollow } from "../task-choice.ts"
import type { Updater } from "../updates/updater.ts"
import { carryLimits } from "./carried-limits.ts"
import { type Ending, STOP_MS } from "./ending.ts"
import { createFaults } from "./faults.ts"
import { createFeed } from "./feed.ts"
import { keepPart } from "./kept-part.ts"
import { isLoopback, networkOf, openToNetwork, webHosts } from "./listen.ts"
import { nodeInit, type NodeInitSource } from "./node-init.ts"
import type { RunEvent } from "./run-event.ts"

export interface SessionInit extends NodeInitSource {
  solo: boolean
  /** Who proposes, and within which limits. */
  research: Pick<SporeNodeInit, "createProposer" | "research">
  onEvent: (event: RunEvent) => void
  log: Logger
  /** What keeps it up to date. */
  updater: Updater
  /** Called before the node opens its facts. */
  prepare: () => Promise<void>
  /** Called now and then while the start takes long, with what it is doing. */
  onPhase?: (phase: string) => void
  /** Watches from when something runs that must not be left behind; until then the process may end at any time. */
  ending: Pick<Ending, "watch">
}

/** A node with its API and explorer, running on a data folder. */
export interface Session {
  /** Ends everything in order, within some seconds: what hangs is named in the log and left to the process's end. */
  stop(): Promise<void>
  /** Lets other commands see at once that nobody runs here any more: for an end without `stop`. */
  abandon(): void
  /** Writes to the node's log. */
  logError(error: unknown): void
  /** Takes note of an error that escaped every handler; gives why the run must end, or null where it goes on. */
  noteError(error: unknown): unknown
  /** Begins to look for updates. `end` is called where the node is to go on as another version. */
  startUpdates(end: () => void): void
}

/**
 * Starts a node. Where a step fails, the earlier ones are undone and the data folder is free again.
 *
 * @throws SporeError `already_running`, `port_in_use`, `bad_address` and whatever the node's parts refuse
 */
export async function startSession(init: SessionInit): Promise<Session> {
  const { dataDir, folder, settings, version, log, updater } = init
  const undo = createUndo(log)

  try {
    const claim = await claimFolder(folder.paths.running, dataDir, Date.now())
    undo.push("claim", () => claim.release())
    undo.push("memory", saveMemory({ log }))
    const restored = await prepareDatabase(dataDir, { onPhase: init.onPhase })
    await init.prepare()
    const task = settings.task === undefined ? undefined : await taskAsked(dataDir, settings.task)
    const node = await createSporeNode({
      ...nodeInit(init, log),
      ...init.research,
      ...networkOf(settings, init.solo),
      ...(init.solo ? {} : { legacy: settings.legacy }),
      ...(task === undefined ? {} : { task }),
    })
    // Less than what is left, so that its own parts end in order before it is left behind as a whole.
    undo.push("node", (leftMs) => node.stop({ withinMs: leftMs === undefined ? undefined : 0.85 * leftMs }))
    const feed = createFeed({
      node,
      onEvent: init.onEvent,
      onError: (error) => log.error({ error: messageOf(error) }, "view"),
    })
    undo.push("view", () => feed.stop())
    const server = await openApi(init, node, settings.webPort)
    const parts = { report: node.report, retract: node.retract, clock: systemClock, log }
    const explorer = keepPart({
      ...parts,
      name: "The explorer",
      code: "explorer_down",
      first: server,
      reopen: () => openApi(init, node, server.port),
    })
    undo.push("explorer", () => explorer.close())
    const faults = createFaults(parts)
    undo.push("faults", () => faults.stop())
    const isTaskMissing = task !== undefined && findTask(await node.store.tasks(), task) === undefined
    if (isTaskMissing && init.solo) throw unknownTask(task)
    init.ending.watch()
    await node.start()
    undo.push("updates", () => updater.stop())
    const versionOf = { switchVersion: updater.change, callOffSwitch: updater.callOff }
    await openControl(dataDir, { ...node, ...versionOf }, undo)
    await claim.announce(server.url, node.addresses())
    await feed.ready(server.url)
    if (restored !== null) {
      log.warn({ ...restored }, "an older database was restored")
      init.onEvent({ type: "notice", notice: restoredNotice(restored) })
    }
    if (isTaskMissing) init.onEvent(waitingForTask(task))
    if (!isLoopback(settings.webHost)) {
      init.onEvent({ type: "notice", notice: openToNetwork(settings.webHost) })
    }
    // Runs are bounded by limits that the version that goes on is to keep.
    const carryOn = async (): Promise<void> => {
      try {
        await carryLimits(dataDir, (await node.status()).research)
      } catch (error) {
        log.error({ error: messageOf(error) }, "limits were not carried over")
      }
    }
    log.info({ version, mode: init.mode, url: server.url, addresses: node.addresses() }, "node started")
    return {
      stop: () => undo.run({ withinMs: STOP_MS }),
      abandon: () => claim.release(),
      logError: (error) =>
        log.error(
          {
            event: "unexpected",
            error: messageOf(error),
            stack: error instanceof Error ? error.stack : null,
          },
          "unexpected error",
        ),
      noteError: (error) => faults.note(error),
      startUpdates: (end) => updater.start({ holdJobs: () => node.holdJobs(), end: () => void carryOn().finally(end) }),
    }
  } catch (error) {
    await undo.run({ withinMs: STOP_MS })
    throw error
  }
}

/** A node without the socket does all its work; a notice says why commands cannot reach it. */
async function openControl(
  dataDir: string,
  node: ControlledNode & Pick<SporeNode, "report" | "retract">,
  undo: Undo,
): Promise<void> {
  const code = "control_unusable"
  const tell = (error: unknown): void => {
    const { next = null } = isSporeError(error) ? error : {}
    node.report({ code, message: `Commands cannot reach this node: ${messageOf(error)}`, next })
  }
  try {
    const control = await serveControl(dataDir, node, {
      onLost: (error) => (error === null ? node.retract(code) : tell(error)),
    })
    undo.push("control", () => control.close())
  } catch (error) {
    tell(error)
  }
}

function openApi({ settings, version, log, updater }: SessionInit, node: SporeNode, port: number): Promise<ApiServer> {
  const hosts = webHosts(settings.webHost)
  const update = (): Promise<UpdateStatus> => updater.status()
  const app = createApi({ node, explorerDir: explorerDir(), version, log, hosts, update })
  return serveApi(app, { host: settings.webHost, port })
}

/** The task to tell the node, its id written out where the facts that are here already say which is meant. */
async function taskAsked(dataDir: string, text: string): Promise<string> {
  if (!existsSync(dataPaths(dataDir).database)) return text
  const store = await openFacts(dataDir)
  try {
    return taskToFollow(await store.tasks(), text)
  } finally {
    await store.close()
  }
}

function unknownTask(task: string): Error {
  return cliError(
    "not_found",
    `no task ${JSON.stringify(task)} is known here, and --solo dials nobody who may know it`,
    {
      next: "spore task list",
    },
  )
}

function waitingForTask(task: string): RunEvent {
  const message = `No task ${JSON.stringify(task)} is known here yet: research begins when a peer brings it.`
  return { type: "notice", notice: { code: "task_unknown", message, next: "spore task list" } }
}
