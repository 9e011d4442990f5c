import type { CID, TaskBody } from "@spore/records"
import type { TaskPackage } from "./manifest.ts"

/** The author of tasks that are only tried. */
export const NOBODY: Uint8Array = new Uint8Array(32)

/** A packed package as a task of nobody, to be judged and never published. */
export function unsignedTask(packed: { package: TaskPackage; bundle: CID; baseline: CID }): TaskBody {
  const { name, description, type, artifact, metric, replay, budget, classKeys, requires } = packed.package
  return {
    kind: "task",
    v: 1,
    author: NOBODY,
    created: 0,
    name,
    description,
    type,
    artifact,
    metric,
    replay,
    budget,
    classKeys,
    requires,
    bundle: packed.bundle,
    baseline: packed.baseline,
    datasets: [],
    supersedes: null,
  }
}
