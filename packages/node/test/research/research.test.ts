import { setImmediate, setTimeout as delay } from "node:timers/promises"
import { isRunnable, type Store } from "@spore/dag"
import { CID, SporeError, systemClock } from "@spore/records"
import { createLedger, NOTHING_SPENT } from "@spore/research"
import { makeExperiment, temporaryFolder, until } from "@spore/testkit"
import { readBundle } from "@spore/runner"
import { describe, expect, it } from "vitest"
import { createActivities } from "../../src/activities.ts"
import { loadFeedback } from "../../src/research/feedback.ts"
import { type KeptProposals, loadKept } from "../../src/research/kept.ts"
import { NO_LIMITS } from "../../src/research/limits.ts"
import type { Proposals, TakenProposal } from "../../src/research/proposals.ts"
import { createAttempts, createResearch, type Research, type ResearchInit } from "../../src/research/research.ts"
import type { ResearchSubject } from "../../src/research/subject.ts"
import { add, addTask, createTestNode, me } from "../verification/support.ts"

interface Scene extends AsyncDisposable {
  readonly subject: ResearchSubject
  readonly store: Store
  readonly baseline: string
  /** What was thrown and said, in order. */
  readonly events: string[]
  readonly attempts: ResearchInit["attempts"]
  research(proposals: Proposals, changes?: Partial<ResearchInit>): Promise<Research>
}

/** Research on a task whose baseline this key ran already; nothing is run. */
async function openScene(): Promise<Scene> {
  const folder = await temporaryFolder()
  const node = await createTestNode(folder.path, { mode: "sync" })
  const record = await addTask(node, folder.path)
  const root = makeExperiment(me, { task: record, score: 4 })
  await add(node, record, root)
  const task = await node.store.task(record.id)
  const row = await node.store.experiment(root.id)
  if (task === undefined || !isRunnable(task) || row === undefined) throw new Error("the task is not there")
  const bundle = await readBundle(node.artifacts, record.body.bundle)
  const subject = { task, hardware: row.class, taskPackage: bundle.package, frozen: bundle.files }
  const events: string[] = []
  const attempts = createAttempts()
  return {
    subject,
    store: node.store,
    baseline: root.id,
    events,
    attempts,
    research: async (proposals, changes = {}) =>
      createResearch({
        nodeId: me.nodeId,
        store: node.store,
        proposer: "scripted",
        proposals,
        experiments: { run: async () => null, publish: async () => null },
        activities: createActivities({ clock: systemClock, reserved: 1, onActivity: () => undefined }),
        kept: await loadKept(node.store),
        feedback: await loadFeedback(node.store),
        claims: { hear: () => undefined, open: () => [], announce: () => undefined },
        attempts,
        ledger: createLedger(NOTHING_SPENT, () => undefined),
        limits: NO_LIMITS,
        workers: 1,
        clock: systemClock,
        subject: async () => subject,
        using: (_, work) => work(),
        followed: async () => task,
        onNothingToTry: () => void events.push("nothing to try"),
        onFailure: (error) => void events.push(String(error)),
        onEnd: (reason) => void events.push(reason),
        onJob: () => undefined,
        ...changes,
      }),
    [Symbol.asyncDispose]: async () => {
      await node.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe("a research loop", { timeout: 60_000 }, () => {
  it("rests the longer the more turns came to nothing, whatever news there is", async () => {
    await using scene = await openScene()
    const asked: number[] = []
    const pauseMs = 50
    const research = await scene.research({ next: async () => (asked.push(performance.now()), "refused") }, { pauseMs })
    research.start()
    while (asked.length < 4) {
      research.wake()
      await delay(1)
    }
    await research.stop()
    const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0))
    // Timers may be a millisecond early.
    for (const [i, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(pauseMs * 2 ** i - 1)
    // Something was proposed, if nothing that could run.
    expect(scene.events).toEqual([])
  })

  it("does not rest where another task is followed", async () => {
    await using scene = await openScene()
    let followed = scene.subject.task.id
    let asked = 0
    const research = await scene.research(
      { next: async () => (asked++, "nothing_left") },
      { pauseMs: 3_600_000, followed: async () => ({ id: followed }) },
    )
    research.start()
    await until(() => asked === 1)
    followed = "another"
    research.wake()
    await until(() => asked > 1)
    await research.stop()
    expect(scene.events[0]).toBe("nothing to try")
  })

  it("that ended by its number of experiments leaves the clock of a far end alone", async () => {
    await using scene = await openScene()
    let looks = 0
    const clock = {
      now: () => {
        // A loop that never gives the thread back would hang this process: it fails instead.
        if (++looks > 1000) throw new Error("the clock is looked at without end")
        return 0
      },
    }
    const limits = { ...NO_LIMITS, maxExperiments: 0, until: 8 * 3_600_000 }
    const research = await scene.research({ next: async () => "refused" }, { clock, limits })
    research.start()
    await until(() => scene.events.length > 0)
    expect(scene.events).toEqual(["max_experiments"])
    for (let i = 0; i < 20; i++) await setImmediate()
    const before = looks
    for (let i = 0; i < 20; i++) await setImmediate()
    expect(looks).toBe(before)
    // Nothing waits for the far end either.
    await research.stop()
  })

  it("tries a proposal again that could not be kept", async () => {
    await using scene = await openScene()
    const parent = await scene.store.experiment(scene.baseline)
    if (parent === undefined) throw new Error("no baseline")
    const words = { title: "x 4", hypothesis: "", agent: "me" }
    const taken: TakenProposal = { parent, reason: "", code: CID.parse(parent.code), words }
    const kept: KeptProposals = {
      ...(await loadKept(scene.store)),
      add: () => Promise.reject(new Error("the disk is full")),
    }
    const research = await scene.research({ next: async () => taken }, { kept })
    research.start()
    await until(() => scene.events.length > 0)
    expect(scene.events).toEqual(["Error: the disk is full"])
    expect(scene.attempts.has(parent.code)).toBe(false)
    await research.stop()
  })

  it("ends at the limit that is reached while proposals are refused", async () => {
    await using scene = await openScene()
    const ledger = createLedger(NOTHING_SPENT, () => undefined)
    const research = await scene.research(
      {
        next: async () => {
          ledger.note({ requests: 1, inputTokens: 100, outputTokens: 0, costUsd: 0.1, seconds: 1 })
          throw new SporeError("budget_spent", "spent")
        },
      },
      { ledger, limits: { ...NO_LIMITS, maxCostUsd: 5, maxTokens: 100 } },
    )
    research.start()
    await until(() => scene.events.length > 0)
    expect(scene.events).toEqual(["max_tokens"])
    await research.stop()
  })
})
