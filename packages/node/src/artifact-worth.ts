import { allPages, type ExperimentFilter, type Store } from "@spore/dag"
import type { CID } from "@spore/records"
import type { ArtifactUse } from "@spore/records/artifacts"
import { artifactsOfObject } from "./artifact-links.ts"
import { proposalArtifacts } from "./artifact-proposals.ts"
import { trialArtifacts } from "./trials/kept.ts"

/** How much an artifact is worth keeping, the least number most. */
export const WORTH = {
  /** Pinned, linked by own facts, trials or proposals, of bundled tasks, or being fetched. */
  always: 0,
  /** Bundle, baseline or data of a known task. */
  task: 1,
  /** Code of a candidate or of the frontier. */
  leading: 2,
  code: 3,
  /** Logs and outputs. */
  output: 4,
} as const
export type Worth = (typeof WORTH)[keyof typeof WORTH]

/** An artifact that something here names, at its greatest worth. */
export interface NamedArtifact {
  readonly cid: CID
  readonly worth: Worth
}

export interface NamedInit {
  store: Store
  /** Whose facts are own ones. */
  nodeId: string
  bundledTasks: ReadonlySet<string>
  /** Kept whatever the facts say. */
  always: readonly CID[]
}

const PAGE = 500

/**
 * Every artifact that the stored facts link to, or a trial that may be published, or a proposal that may be run, by id.
 * Reads each fact once.
 */
export async function namedArtifacts(init: NamedInit): Promise<Map<string, NamedArtifact>> {
  const { store, nodeId, bundledTasks } = init
  const named = new Map<string, NamedArtifact>()
  const leading = new Set([...(await codeOf(store, { candidate: true })), ...(await codeOf(store, { frontier: true }))])

  function name(cid: CID, worth: Worth): void {
    const known = named.get(cid.toString())
    if (known === undefined || known.worth > worth) named.set(cid.toString(), { cid, worth })
  }

  const local = [...(await trialArtifacts(store)), ...(await proposalArtifacts(store))]
  for (const cid of [...init.always, ...local]) name(cid, WORTH.always)
  for (let seq = 0; ;) {
    const changes = await store.changes(seq, PAGE)
    const last = changes.at(-1)
    if (last === undefined) return named
    seq = last.seq
    for (const { id, author } of changes) {
      // Undefined for what is withheld.
      const object = await store.object(id)
      if (object === undefined) continue
      const isOwn = author === nodeId || bundledTasks.has(id)
      for (const { cid, use } of artifactsOfObject(object)) {
        name(cid, isOwn ? WORTH.always : leading.has(cid.toString()) ? WORTH.leading : worthOf(use))
      }
    }
  }
}

/** What an artifact is worth by its use alone. */
export function worthOf(use: ArtifactUse): Worth {
  switch (use) {
    case "bundle":
    case "baseline":
    case "dataset":
      return WORTH.task
    case "code":
      return WORTH.code
    case "log":
    case "outputs":
      return WORTH.output
  }
}

async function codeOf(store: Store, filter: ExperimentFilter): Promise<string[]> {
  const codes: string[] = []
  for await (const { code } of allPages((page) => store.experiments(filter, page))) codes.push(code)
  return codes
}
