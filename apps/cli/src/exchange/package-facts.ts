import type { TaskRow } from "@spore/dag"
import { isSporeError } from "@spore/records"
import type { Judge } from "@spore/runner"

/** What a task's bundle says and its signed manifest does not. */
export interface PackageFacts {
  /** The evaluator's kind. */
  readonly evaluator: string
  readonly judge: Judge
  /** The file of pinned Python packages; null where the task brings none. */
  readonly lock: string | null
}

/** Null where the bundle is not held here, or is not as it should be. */
export async function packageFacts(dataDir: string, { body }: TaskRow): Promise<PackageFacts | null> {
  if (body === null) return null
  // Loaded for tasks only: other objects are shown without them.
  const [{ judgeOf, readBundle }, { openArtifacts }] = await Promise.all([
    import("@spore/runner"),
    import("./local-artifacts.ts"),
  ])
  try {
    const { artifacts } = await openArtifacts(dataDir)
    const { evaluator, environment, replay } = (await readBundle(artifacts, body.bundle)).package
    return {
      evaluator: evaluator.kind,
      judge: judgeOf(evaluator, replay),
      lock: environment?.lock ?? null,
    }
  } catch (error) {
    if (isSporeError(error)) return null
    throw error
  }
}
