import { posix } from "node:path"
import { z } from "zod"
import type { HarborEvaluator } from "../task-package/manifest.ts"
import { utf8Tail } from "../text.ts"
import { ADAPTERS, adapterFiles } from "./adapter-files.ts"
import type { Evaluator } from "./evaluator.ts"
import type { Outputs } from "./outputs.ts"
import { scored, unlessMissing } from "./results.ts"
import { shellFor } from "./shell.ts"

const REWARD = "logs/verifier/reward"
const MAX_REWARD_BYTES = 64 * 1024
const FEEDBACK_BYTES = 4 * 1024

const rewardsSchema = z.record(z.string(), z.unknown())

/** Harbor's test script, with /tests, /logs and a writable /app as it expects them. Only where a sandbox has links. */
export function createHarborEvaluator(spec: HarborEvaluator): Evaluator {
  return {
    judge: "shared",
    stages: [],
    files: adapterFiles("harbor.sh"),
    plan: ({ package: { candidate }, files, paths }) => ({
      cmd: [
        "sh",
        `${paths.inputs}/${ADAPTERS}/harbor.sh`,
        paths.outputs,
        posix.basename(spec.file),
        shellFor(files.get(spec.file)),
        ...candidate.editable.flatMap((path) => [path, placeInApp(path)]),
      ],
      links: {
        "/tests": posix.join(paths.inputs, posix.dirname(spec.file)),
        "/logs": `${paths.outputs}/logs`,
        "/app": "/tmp/app",
      },
    }),
    read: async ({ job, outputs, metric }) => {
      const feedback = utf8Tail(job.outputTail, FEEDBACK_BYTES)
      const rewards = await readRewards(outputs)
      // what the script returns is not asked for where it wrote a reward, as in Harbor
      if (rewards === null && job.outcome !== "ok") return { outcome: "crash", detail: job.detail, feedback }
      if (rewards === null) return { outcome: "incorrect", detail: "the test wrote no reward", feedback }
      const { reward, ...metrics } = rewards
      return unlessMissing(scored({ score: reward ?? metrics[metric.name], metrics, feedback }, metric), job)
    },
  }
}

/** `app/x` and `environment/x` are /app/x, as everything else of these folders. */
function placeInApp(path: string): string {
  return path.replace(/^(?:app|environment)\//, "")
}

/** What is in `reward.txt`, else in `reward.json`: Harbor's order. Null where neither says anything. */
async function readRewards(outputs: Outputs): Promise<Record<string, unknown> | null> {
  const text = (await outputs.read(`${REWARD}.txt`, MAX_REWARD_BYTES))?.toString().trim() ?? ""
  if (text !== "") return { reward: Number(text) }
  try {
    const json = await outputs.read(`${REWARD}.json`, MAX_REWARD_BYTES)
    return json === undefined ? null : rewardsSchema.parse(JSON.parse(json.toString()))
  } catch {
    return null
  }
}
