import { isRunnable, type Store } from "@spore/dag"
import { CID, DAG_PB, parseLink, RAW, SporeError } from "@spore/records"
import type { EvaluationResult } from "@spore/runner"
import { type Publisher, type PublishErrorCode } from "../publisher.ts"
import { type Attempt, publishRun } from "../research/experiments.ts"
import { assertUnknown, refusal } from "./candidate.ts"
import type { KeptResult, KeptTrial, KeptTrials } from "./kept.ts"

export interface TrialPublishingInit {
  trials: KeptTrials
  store: Store
  publisher: Publisher
  nodeId: string
}

/**
 * Publishes trials, each at most once: calls at the same time share the work, and what a crash kept from being noted is
 * found among one's own facts. They are published one after the other, since of several trials of one code only the first
 * may be. The function gives the experiment's id.
 *
 * @throws SporeError `no_trial`, `trial_published`, `known_code`, `publish_refused`
 */
export function createTrialPublishing(init: TrialPublishingInit): (id: string) => Promise<string> {
  const { trials, store, publisher, nodeId } = init
  const underWay = new Map<string, Promise<string>>()
  let before: Promise<unknown> = Promise.resolve()

  async function publish(id: string): Promise<string> {
    const trial = trials.get(id)
    if (trial === undefined) throw refusal("no_trial", `no trial ${id} is kept here`, "spore trials")
    if (trial.experiment !== null) {
      throw refusal("trial_published", `it is published as ${trial.experiment}`, `spore show ${trial.experiment}`)
    }
    const experiment = (await publishedAs(trial)) ?? (await sign(trial))
    await trials.put({ ...trial, experiment })
    return experiment
  }

  async function publishedAs({ task, class: here, code, parent, title, at }: KeptTrial): Promise<string | null> {
    const runs = (await store.state({ task, class: here, code }))?.measurements ?? []
    for (const { key, kind, experiment } of runs) {
      if (key !== nodeId || kind !== "experiment") continue
      const row = await store.experiment(experiment)
      if (row?.parent === parent && row.title === title && row.created >= Math.floor(at / 1000)) return experiment
    }
    return null
  }

  async function sign(trial: KeptTrial): Promise<string> {
    // Much may have been published since it was asked for.
    await assertUnknown(store, trial)
    const id = await publishRun(publisher, await attemptOf(trial), resultOf(trial.result), trial.env)
    if (id !== null) return id
    throw refused(`it says nothing of the candidate: ${trial.result.detail}`, "run it again: spore try")
  }

  async function attemptOf({ task: taskId, parent: parentId, code, ...proposal }: KeptTrial): Promise<Attempt> {
    const [task, parent] = await Promise.all([store.task(taskId), store.experiment(parentId)])
    if (task === undefined || !isRunnable(task) || parent === undefined) {
      throw refused("its task or its parent is not carried here any longer", "spore withhold list")
    }
    return { task, parent, code: CID.parse(code), proposal }
  }

  return (id) => {
    const known = underWay.get(id)
    if (known !== undefined) return known
    const mine = before.then(() => publish(id)).finally(() => underWay.delete(id))
    before = mine.catch(() => undefined)
    underWay.set(id, mine)
    return mine
  }
}

function resultOf(kept: KeptResult): EvaluationResult {
  const object = kept.object === null ? null : parseLink(kept.object, RAW, DAG_PB)
  return { ...kept, object, missing: null, cpuSeconds: null }
}

function refused(message: string, next: string): SporeError<PublishErrorCode> {
  return new SporeError("publish_refused", message, { next })
}
