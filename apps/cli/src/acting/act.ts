import type { Activity } from "@spore/api/client"
import { type ControlRequest, findRunning } from "@spore/node/local"
import { z } from "zod"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { type DataFolder, prepareFolder } from "../folder/data-folder.ts"
import { plain } from "../output/plain.ts"
import { createStatusLine } from "../output/status-line.ts"
import { type Ending, watchForEnd } from "../run/ending.ts"
import { readConfig } from "../settings/config-file.ts"
import { jobVariables, pipVariables } from "../settings/job-variables.ts"
import { resolveSettings } from "../settings/settings.ts"
import { actThere } from "./asked-node.ts"
import { actHere, type OwnAct } from "./own-node.ts"

/** Options for the case that no node runs. */
export interface OwnNodeOptions {
  peer: string[]
  solo: boolean
  resource?: number | undefined
  gpu?: boolean | undefined
  unsandboxed?: "own" | undefined
}

const ownNodeSchema: z.ZodType<OwnNodeOptions> = z.object({
  peer: z.array(z.string()).default([]),
  solo: z.boolean().default(false),
  resource: z.number().optional(),
  gpu: z.boolean().optional(),
  unsandboxed: z.literal("own").optional(),
})

/** Something that a node does, be it the one that runs here or one made for it. */
export interface Act {
  /** For messages, such as `rerun`. */
  readonly name: string
  readonly request: ControlRequest
  readonly own: OwnAct
  /** What is shown while the node runs this. */
  progress(activities: readonly Activity[]): string
  /** The command that begins again. */
  readonly again: string
}

/** @throws SporeError `bad_usage` */
export function ownNodeOptions(options: unknown): OwnNodeOptions {
  const asked = ownNodeSchema.parse(options)
  if (asked.solo && asked.peer.length > 0) {
    throw cliError("bad_usage", "--solo dials nobody, so it takes no --peer", { next: "leave one of them out" })
  }
  return asked
}

/**
 * Has the node that runs here do something, or a node that lives for it alone; gives what that gave. Ctrl-C gives it up.
 *
 * @throws SporeError `interrupted` and whatever keeps the node from doing it
 */
export async function act(context: Context, asked: OwnNodeOptions, what: Act): Promise<string> {
  const { dataDir, output } = context
  const folder = await prepareFolder(dataDir)
  const line = createStatusLine(context)
  const ending = watchForEnd(output)
  const abort = new AbortController()
  void ending.requested.then(() => abort.abort())
  try {
    const isRunning = (await findRunning(folder.paths.running)) !== null
    line.show(isRunning ? "asking the node that runs here" : `starting a node for this ${what.name}`)
    const onActivities = (activities: readonly Activity[]): void => line.show(what.progress(activities))
    return isRunning
      ? await actThere(dataDir, what.request, abort.signal, onActivities)
      : await byOwn(context, folder, asked, what, { signal: abort.signal, ending, onActivities })
  } catch (error) {
    if (!abort.signal.aborted) throw error
    throw cliError("interrupted", `the ${what.name} was given up`, { cause: error, next: what.again })
  } finally {
    line.clear()
    ending.release()
  }
}

async function byOwn(
  context: Context,
  folder: DataFolder,
  asked: OwnNodeOptions,
  what: Act,
  watched: { signal: AbortSignal; ending: Ending; onActivities: (activities: readonly Activity[]) => void },
): Promise<string> {
  const { dataDir, env, version, output } = context
  return actHere({
    dataDir,
    folder,
    settings: resolveSettings(asked, env, await readConfig(folder.paths.config)),
    solo: asked.solo,
    unsandboxedOwn: asked.unsandboxed === "own",
    version,
    jobEnv: jobVariables(env),
    pipEnv: pipVariables(env),
    act: what.own,
    signal: watched.signal,
    onActivities: watched.onActivities,
    onNotice: ({ message, next }) => output.tell(plain(next === null ? message : `${message} next: ${next}`)),
    beforeHardEnd: (action) => watched.ending.beforeHardEnd(action),
  })
}
