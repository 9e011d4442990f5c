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
import { claimFolder, createUndo, type Undo } from "@spore/node/local"
import { isSporeError, type Logger, messageOf } from "@spore/records"
import { cliError } from "../errors.ts"
import { explorerDir } from "../explorer/bundle.ts"
import { openFacts } from "../folder/facts.ts"
import { taskToFollow } from "../task-choice.ts"
import type { Updater } from "../updates/updater.ts"
import { carryLimits } from "./carried-limits.ts"
import { createFeed } from "./feed.ts"
import { isLoopback, networkOf, openToNetwork, webHosts } from "./listen.ts"
import { createLogFile, logPath } from "./log-file.ts"
import { nodeInit, type NodeInitSource } from "./node-init.ts"
import type { RunEvent } from "./run-event.ts"

export interface SessionInit extends NodeInitSource {
  solo: boolean
  /** Who proposes, and within which limits. */
  research: Pick<SporeNodeInit, "createProposer" | "research">
  onEvent: (event: RunEvent) => void
  /** What keeps it up to date. */
  createUpdater: (log: Logger) => Updater
}

/** A node with its API and explorer, running on a data folder. */
export interface Session {
  /** Ends everything in order; the data stays. */
  stop(): Promise<void>
  /** Lets other commands see at once that nobody runs here any more: for an end without `stop`. */
  abandon(): void
  /** Writes to the node's log. */
  logError(error: unknown): void
  /** Begins to look for updates. `end` is called where the node is to go on as another version. */
  startUpdates(end: () => void): void
}

/**
 * Starts a node. Where a step fails, the earlier ones are undone and the data folder is free again.
 *
 * @throws SporeError `already_running`, `port_in_use`, `bad_address` and whatever the node's parts refuse
 */
export async function startSession(init: SessionInit): Promise<Session> {
  const { dataDir, folder, settings, version } = init
  const log = createLogFile(logPath(dataDir), settings.logLevel)
  const undo = createUndo(log)
  undo.push(() => log.close())
  const updater = init.createUpdater(log)

  try {
    const claim = await claimFolder(folder.paths.running, dataDir, Date.now())
    undo.push(() => claim.release())
    const task = settings.task === undefined ? undefined : await taskAsked(dataDir, settings.task)
    const node = await createSporeNode({
      ...nodeInit(init, log),
      ...init.research,
      ...networkOf(settings, init.solo),
      ...(init.solo ? {} : { legacy: settings.legacy }),
      ...(task === undefined ? {} : { task }),
    })
    undo.push(() => node.stop())
    const feed = createFeed({
      node,
      onEvent: init.onEvent,
      onError: (error) => log.error({ error: messageOf(error) }, "view"),
    })
    undo.push(() => feed.stop())
    const server = await openApi(init, node, updater, log)
    undo.push(() => server.close())
    const isTaskMissing = task !== undefined && findTask(await node.store.tasks(), task) === undefined
    if (isTaskMissing && init.solo) throw unknownTask(task)
    await node.start()
    undo.push(() => updater.stop())
    const controlled = { ...node, switchVersion: (to: string | null) => updater.change(to) }
    const uncontrolled = await openControl(dataDir, controlled, undo)
    await claim.announce(server.url, node.addresses())
    await feed.ready(server.url)
    if (uncontrolled !== null) init.onEvent(uncontrolled)
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
      stop: undo.run,
      abandon: () => claim.release(),
      logError: (error) =>
        log.error({ error: messageOf(error), stack: error instanceof Error ? error.stack : null }, "unexpected error"),
      startUpdates: (end) => updater.start({ holdJobs: () => node.holdJobs(), end: () => void carryOn().finally(end) }),
    }
  } catch (error) {
    await undo.run()
    throw error
  }
}

/** A node without the socket does all its work; gives the notice of why commands cannot reach it. */
async function openControl(dataDir: string, node: ControlledNode, undo: Undo): Promise<RunEvent | null> {
  try {
    const control = await serveControl(dataDir, node)
    undo.push(() => control.close())
    return null
  } catch (error) {
    if (!isSporeError(error)) throw error
    const { code, message, next = null } = error
    return { type: "notice", notice: { code, message: `Commands cannot reach this node: ${message}`, next } }
  }
}

function openApi(
  { settings, version }: SessionInit,
  node: SporeNode,
  updater: Updater,
  log: Logger,
): Promise<ApiServer> {
  const hosts = webHosts(settings.webHost)
  const update = (): Promise<UpdateStatus> => updater.status()
  const app = createApi({ node, explorerDir: explorerDir(), version, log, hosts, update })
  return serveApi(app, { host: settings.webHost, port: settings.webPort })
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
