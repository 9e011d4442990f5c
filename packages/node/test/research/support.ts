import { type AnyRecord, SporeError, type SporeRecord } from "@spore/records"
import type { CandidateProposal, ProposalContext, Proposer, ProposerErrorCode } from "@spore/research"
import { temporaryFolder, until } from "@spore/testkit"
import type { ExperimentRow } from "@spore/dag"
import type { NodeEvent, SporeNode, SporeNodeInit } from "../../src/index.ts"
import { add, addTask, createTestNode } from "../verification/support.ts"

/** A candidate that the tuner can change, too. */
export const tunable = (x: number): string => `const X = ${x} // @tune 0..10\nconsole.log(X)\n`

export const proposalOf = (code: string, title = code.slice(0, 40)): CandidateProposal => ({
  files: new Map([["candidate.mjs", new TextEncoder().encode(code)]]),
  title,
  hypothesis: "",
  agent: "scripted",
})

/** A proposer that does in its n-th attempt what the n-th step says, and has nothing after the last. */
export function scripted(
  ...steps: ((context: ProposalContext) => CandidateProposal | null | Promise<CandidateProposal | null>)[]
): Proposer & { readonly contexts: ProposalContext[] } {
  const contexts: ProposalContext[] = []
  return {
    name: "scripted",
    contexts,
    propose: async (context) => {
      contexts.push(context)
      return (await steps[contexts.length - 1]?.(context)) ?? null
    },
  }
}

export function failing(code: ProposerErrorCode): () => never {
  return () => {
    throw new SporeError<ProposerErrorCode>(code, "out of order", { next: "mend it" })
  }
}

export interface Scene extends AsyncDisposable {
  readonly node: SporeNode
  readonly folder: string
  readonly task: string
  readonly events: NodeEvent[]
  /** In the order in which they were published. */
  experiments(): Promise<readonly ExperimentRow[]>
  until(count: number): Promise<readonly ExperimentRow[]>
}

interface SceneInit {
  folder?: string
  baseline?: string
  /** What others published before this node begins. */
  peers?: (node: SporeNode, task: SporeRecord<"task">) => Promise<readonly AnyRecord[]>
}

/** A node that does research on the parabola: (x - 3)², with a baseline of x = 5. */
export async function openScene(
  init: Partial<SporeNodeInit>,
  { folder, baseline = tunable(5), peers = async () => [] }: SceneInit = {},
): Promise<Scene> {
  const made = folder === undefined ? await temporaryFolder() : null
  const path = folder ?? made?.path ?? ""
  const packed = await createTestNode(path, { mode: "sync" })
  const task = await addTask(packed, path, {}, baseline)
  const known = await packed.store.task(task.id)
  if (known === undefined) await add(packed, task)
  await add(packed, ...(await peers(packed, task)))
  await packed.stop()
  const node = await createTestNode(path, { mode: "research", task: task.id, verify: { enabled: false }, ...init })
  const events: NodeEvent[] = []
  node.onEvent((event) => events.push(event))
  await node.start()
  const experiments = async (): Promise<readonly ExperimentRow[]> =>
    (await node.store.experiments({ task: task.id, sort: "oldest" }, { limit: 100 })).items
  return {
    node,
    folder: path,
    task: task.id,
    events,
    experiments,
    until: (count) =>
      until(
        async () => {
          const rows = await experiments()
          return rows.length >= count ? rows : undefined
        },
        { timeoutMs: 60_000, what: `${count} experiments` },
      ),
    [Symbol.asyncDispose]: async () => {
      await node.stop()
      await made?.[Symbol.asyncDispose]()
    },
  }
}
