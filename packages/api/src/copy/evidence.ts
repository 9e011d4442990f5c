import type { SporeClient } from "../client/client.ts"
import type { Control, Rerun } from "../dto/index.ts"
import { all } from "./all-pages.ts"
import { type WriteJson, writeChunks } from "./chunks.ts"
import { copyPaths } from "./format.ts"
import type { CopyPlan } from "./plan.ts"

/** What keys said about the experiments of a copy. */
export interface Evidence {
  readonly reruns: number
  readonly controls: number
  /** By experiment, oldest first. */
  readonly rerunsOf: ReadonlyMap<string, readonly Rerun[]>
  readonly controlsOf: ReadonlyMap<string, readonly Control[]>
}

/** Writes reruns, challenges and disputes as lists, latest stored first. */
export async function writeEvidence(client: SporeClient, write: WriteJson, plan: CopyPlan): Promise<Evidence> {
  const reruns: Rerun[] = []
  const controls: Control[] = []
  for (const { task, positions } of plan.tasks) {
    for await (const rerun of all((page) => client.allVerifications({ ...page, task: task.id }))) {
      if (positions.has(rerun.experiment)) reruns.push(rerun)
    }
    for await (const control of all((page) => client.allDisputes({ ...page, task: task.id }))) {
      if (positions.has(control.experiment)) controls.push(control)
    }
  }
  reruns.sort(bySeq)
  controls.sort(bySeq)
  await writeChunks(write, reruns, copyPaths.reruns)
  await writeChunks(write, controls, copyPaths.controls)
  return {
    reruns: reruns.length,
    controls: controls.length,
    rerunsOf: Map.groupBy(reruns.toReversed(), ({ experiment }) => experiment),
    controlsOf: Map.groupBy(controls.toReversed(), ({ experiment }) => experiment),
  }
}

function bySeq(a: { readonly seq: number }, b: { readonly seq: number }): number {
  return b.seq - a.seq
}
