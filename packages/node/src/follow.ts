import { isRunnable, type RunnableTask, type Store, type TaskRow } from "@spore/dag"
import { SporeError } from "@spore/records"
import { bundledTaskIds } from "@spore/tasks"
import type { RunPolicy } from "./ownership.ts"

/** Which tasks a node takes up by itself. */
export type AutoFollow =
  /** Any known task. */
  | "known"
  /** Bundled tasks and those of this key. */
  | "trusted"
  /** None: only a pinned task. */
  | "off"

/** The local key under which `spore task use` keeps the pinned task's id. */
export const PINNED_TASK = "pinned-task"

export interface FollowInit {
  store: Store
  nodeId: string
  /** The first of them is what a node begins with. */
  bundledTasks: ReadonlySet<string>
  policy: RunPolicy
  auto: AutoFollow
  /** Name, id or unique id prefix given for this run; wins over the pinned one. */
  task?: string
}

/**
 * The task to do research on: the one asked for, else the pinned one, else the most active one allowed, else, where
 * nobody has done anything yet, the first bundled one.
 */
export async function followedTask(init: FollowInit): Promise<RunnableTask | null> {
  const tasks = (await init.store.tasks()).filter(isRunnable)
  const asked = init.task ?? (await init.store.getLocal(PINNED_TASK))
  if (asked !== undefined) return findTask(tasks, asked, init.bundledTasks) ?? null
  if (init.auto === "off") return null
  const isTrusted = (task: RunnableTask): boolean => init.bundledTasks.has(task.id) || task.author === init.nodeId
  const allowed = tasks.filter((task) => init.policy.allowsTask(task) && (init.auto === "known" || isTrusted(task)))
  const active = allowed.find(({ authors }) => authors > 0)
  const [bundled] = [...init.bundledTasks].flatMap((id) => allowed.find((task) => task.id === id) ?? [])
  return active ?? bundled ?? allowed[0] ?? null
}

/**
 * The task with this id, unique id prefix or name. Of several tasks with one name one that comes with this release
 * counts, else the first that this node knew, and what its own author let supersede it: a stranger cannot take over a
 * name.
 *
 * @throws SporeError `ambiguous_id`
 */
export function findTask<T extends TaskRow>(
  tasks: readonly T[],
  text: string,
  bundled: ReadonlySet<string> = new Set(bundledTaskIds()),
): T | undefined {
  const byId = tasks.filter((task) => task.id.startsWith(text))
  const [first] = byId
  if (byId.length === 1 || first?.id === text) return first
  const named = tasks.filter((task) => task.name === text).toSorted((a, b) => a.seq - b.seq)
  const known = named.find(({ id }) => bundled.has(id)) ?? named[0]
  if (known !== undefined) return latestOf(known, named)
  if (byId.length > 1) {
    throw new SporeError("ambiguous_id", `several tasks begin with ${text}`, { next: "give more characters of the id" })
  }
  return undefined
}

/** Follows `supersedes` by the same author; ids are hashes, so that there are no cycles. */
function latestOf<T extends TaskRow>(task: T, tasks: readonly T[]): T {
  const next = tasks
    .filter(({ author, body }) => author === task.author && body?.supersedes?.toString() === task.id)
    .toSorted((a, b) => (b.created ?? 0) - (a.created ?? 0))[0]
  return next === undefined ? task : latestOf(next, tasks)
}
