import { z } from "zod"
import { actThere } from "../../acting/asked-node.ts"
import { cliError } from "../../errors.ts"
import { commandNode } from "../../folder/control.ts"
import { activityLine } from "../../output/activity.ts"
import { experimentCode, storeCandidate } from "../../trials/candidate.ts"
import { applyEdits } from "../../trials/edits.ts"
import { knownTrials, trialNamed, tryAct } from "../../trials/running.ts"
import { gainOf, trialJson } from "../../trials/words.ts"
import { isSporeError } from "@spore/records"
import { experimentId } from "../ids.ts"
import { pageOf, pieceOf } from "../results.ts"
import { EXPERIMENT, PAGE, tool, type Tool, type ToolCall } from "../tool.ts"
import { rowOf } from "./experiment-row.ts"
import { START_A_NODE } from "./nodes.ts"

const TRIAL = z.string().min(4).max(26).describe("Id of a trial or its beginning")
const PATH = z
  .string()
  .max(1024)
  .optional()
  .describe("An editable file of the task; may be left out where there is only one")
/** Bytes of all files together: the SDK reads messages of 10 MiB, and JSON escapes what it holds. */
const MOST_FILES = 4 * 1024 * 1024

export const TRIAL_TOOLS: readonly Tool[] = [
  tool({
    name: "list_trials",
    title: "List trials",
    description: "What was tried by hand on this node, newest first: published or not.",
    input: PAGE,
    run: async ({ cursor, limit }, { dataDir }) => {
      const rows = (await knownTrials(dataDir)).map(({ trial, task }) => {
        const { id, title, parent, outcome, value, parentValue, experiment, created } = trial
        const gain = gainOf(trial, task)
        return {
          id,
          task: trial.task,
          title,
          parent,
          outcome,
          value,
          parent_value: parentValue,
          gain,
          experiment,
          created,
        }
      })
      return pageOf(rows, { cursor, limit })
    },
  }),
  tool({
    name: "read_trial",
    title: "Read a trial",
    description: "A trial in full: scores against its parent, metrics, the evaluator's feedback, the output's end.",
    input: { trial: TRIAL },
    run: async ({ trial }, { dataDir }) => trialOf(dataDir, trial),
  }),
  tool({
    name: "run_experiment",
    title: "Run an experiment",
    description:
      "Changes the code of a parent experiment and runs it on this node, before anything else; answers with its value against the parent's, feedback and output. The result stays on this node as a trial until it is published. Takes as long as the task's budget. Say honestly what you changed and why; publish failures too.",
    input: {
      parent: EXPERIMENT,
      files: z
        .array(z.strictObject({ path: PATH, content: z.string() }))
        .max(64)
        .refine((files) => bytesOf(files) <= MOST_FILES, "all files together take more than 4 MiB")
        .default([])
        .describe("Whole new contents of editable files, 4 MiB together"),
      edits: z
        .array(z.strictObject({ path: PATH, search: z.string().min(1), replace: z.string() }))
        .max(256)
        .default([])
        .describe("Replacements in the parent's files, in order; each search text must occur exactly once"),
      title: z.string().min(1).max(256).describe("What was changed, at most 256 bytes"),
      hypothesis: z.string().max(8192).default("").describe("Why it should be better"),
      agent: z.string().min(1).max(128).default("agent").describe("Who proposes it: your model's name"),
      publish: z.boolean().default(false).describe("Sign and publish the result whatever it is"),
    },
    acts: true,
    run: async ({ parent, files, edits, ...words }, call) => {
      const { dataDir, client } = call
      await assertRuns(dataDir)
      const from = await experimentCode(dataDir, await experimentId(await client(), parent))
      const code = await storeCandidate(dataDir, from, applyEdits(from.files, files, edits))
      const { request } = tryAct({ parent: from.experiment.id, code, ...words })
      return trialOf(dataDir, await ask(call, request))
    },
  }),
  tool({
    name: "publish",
    title: "Publish a trial",
    description: "Signs a trial with this node's key and publishes it to all peers. It cannot be taken back.",
    input: { trial: TRIAL },
    acts: true,
    foreign: false,
    run: async ({ trial: text }, { dataDir, signal }) => {
      await assertRuns(dataDir)
      const { trial } = await trialNamed(dataDir, text)
      return {
        trial: trial.id,
        experiment: await commandNode(dataDir, { op: "publish_trial", trial: trial.id }, signal),
      }
    },
  }),
  tool({
    name: "verify",
    title: "Verify an experiment",
    description: "Reruns an experiment on this node now, publishes the result, and says how the claim stands.",
    input: { experiment: EXPERIMENT },
    acts: true,
    run: async ({ experiment }, call) => {
      await assertRuns(call.dataDir)
      const api = await call.client()
      const id = await experimentId(api, experiment)
      const rerun = await ask(call, { op: "verify", experiment: id })
      const [{ parent_experiment: _parent, ...detail }, { results, ...comparison }] = await Promise.all([
        api.experiment(id),
        api.comparison(id),
      ])
      const own = results.find((result) => result.records.includes(rerun)) ?? null
      return { rerun, own_result: own, explanation: detail.explanation, comparison, experiment: rowOf(detail) }
    },
  }),
]

/** Asks the running node for something that takes its time, telling the agent what the node runs meanwhile. */
function ask({ dataDir, signal, progress }: ToolCall, request: Parameters<typeof actThere>[1]): Promise<string> {
  return actThere(dataDir, request, signal, (activities) =>
    progress(activities.length === 0 ? "waiting" : activities.map(activityLine).join("; ")),
  )
}

/** @throws SporeError `node_not_running`, with how to start one */
async function assertRuns(dataDir: string): Promise<void> {
  try {
    await commandNode(dataDir, { op: "ping" })
  } catch (error) {
    if (!isSporeError(error, "node_not_running")) throw error
    throw cliError("node_not_running", "no node runs on this data folder, so nothing can be run or published", {
      cause: error,
      next: START_A_NODE,
    })
  }
}

async function trialOf(dataDir: string, text: string): Promise<object> {
  const { trial, task } = await trialNamed(dataDir, text)
  const { log, feedback } = trial
  return { ...trialJson(trial, task), feedback: pieceOf(feedback).text, log: pieceOf(log).text }
}

function bytesOf(files: readonly { readonly content: string }[]): number {
  return files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
}
