import { findTask } from "@spore/node/local"
import { isRunnable, type RunnableTask, type Store, type TaskRow } from "@spore/dag"
import {
  CID,
  type Identity,
  isSporeError,
  messageOf,
  signRecord,
  type SporeRecord,
  systemClock,
  unixSeconds,
} from "@spore/records"
import { type PackedTask, TASK_FILE } from "@spore/runner"
import { cliError } from "../errors.ts"

/** The own task with this name and exactly this content; undefined where there is none. */
export async function knownTask(store: Store, identity: Identity, packed: PackedTask): Promise<string | undefined> {
  const previous = currentOwn(await store.tasks(), identity.nodeId, packed.package.name)
  return previous !== undefined && isUnchanged(previous, identity, packed) ? previous.id : undefined
}

/**
 * Signs a task and stores it. One of one's own that has the name already is superseded; where nothing changed, it is
 * kept.
 *
 * @throws SporeError `task_refused`, `task_incomplete`
 */
export async function signAndStore(
  store: Store,
  identity: Identity,
  packed: PackedTask,
): Promise<{ id: string; created: boolean; supersedes: string | null }> {
  const previous = currentOwn(await store.tasks(), identity.nodeId, packed.package.name)
  if (previous !== undefined && isUnchanged(previous, identity, packed)) {
    return { id: previous.id, created: false, supersedes: null }
  }
  const created = Math.max(unixSeconds(systemClock), previous?.body.created ?? 0)
  const record = signTask(identity, packed, created, previous === undefined ? null : CID.parse(previous.id))
  const [result] = await store.ingest([record])
  if (result?.status !== "stored" && result?.status !== "known") {
    throw cliError("task_refused", `the task was not stored: ${result?.reason ?? result?.status}`, {
      next: `correct ${TASK_FILE}`,
    })
  }
  return { id: record.id, created: true, supersedes: previous?.id ?? null }
}

function isUnchanged({ id, body }: RunnableTask, identity: Identity, packed: PackedTask): boolean {
  return signTask(identity, packed, body.created, body.supersedes).id === id
}

function signTask(
  identity: Identity,
  { package: manifest, bundle, baseline }: PackedTask,
  created: number,
  supersedes: CID | null,
): SporeRecord<"task"> {
  try {
    return signRecord(identity, "task", {
      created,
      name: manifest.name,
      description: manifest.description,
      type: manifest.type,
      artifact: manifest.artifact,
      metric: manifest.metric,
      replay: manifest.replay,
      budget: manifest.budget,
      bundle,
      baseline,
      datasets: [],
      classKeys: manifest.classKeys,
      requires: manifest.requires,
      supersedes,
    })
  } catch (error) {
    if (!isSporeError(error, "bad_schema", "too_large", "bad_encoding")) throw error
    throw cliError("task_incomplete", messageOf(error), { cause: error, next: `correct ${TASK_FILE}, or the flags` })
  }
}

/** The newest task by this key with this name that no other of them supersedes. */
function currentOwn(tasks: readonly TaskRow[], nodeId: string, name: string): RunnableTask | undefined {
  return findTask(
    tasks.filter(isRunnable).filter((task) => task.author === nodeId && task.name === name),
    name,
  )
}
