import { createStore, isRunnable, type RunnableTask } from "@spore/dag"
import { SporeError } from "@spore/records"
import type { EnvironmentState, Runner } from "@spore/runner"
import { makeEnv, makeTask, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import type { Notice } from "../src/index.ts"
import { createTaskEnvironments, envOf, publishedEnv } from "../src/task-environments.ts"

const env = makeEnv()
const record = makeTask(testIdentity(2), { name: "theirs" })

async function theirTask(): Promise<RunnableTask> {
  const store = await createStore({ path: ":memory:" })
  await store.ingest([record])
  const task = (await store.tasks()).find(isRunnable)
  await store.close()
  if (task === undefined) throw new TypeError("no task")
  return task
}

function runnerWith(state: EnvironmentState | Error): Runner {
  return {
    env,
    isolated: true,
    envFor: async () => {
      if (state instanceof Error) throw state
      return { ...env, runtime: { ...env.runtime, torch: "2.4.1" } }
    },
    environmentOf: async () => {
      if (state instanceof Error) throw state
      return state
    },
    evaluate: async () => {
      throw new TypeError("not run here")
    },
    syntaxFault: async () => null,
  }
}

async function readiness(state: EnvironmentState | Error, own: boolean): Promise<[boolean, Notice[]]> {
  const notices: Notice[] = []
  const environments = createTaskEnvironments({
    runner: runnerWith(state),
    policy: { allowsTask: () => true, allowsExperiment: async () => true, mayPrepare: () => own },
    notify: (notice) => notices.push(notice),
  })
  return [await environments.isReady(await theirTask()), notices]
}

describe("a task that needs a Python environment", () => {
  it.each(["none", "prepared", "allowed"] as const)("is run where that is %s", async (state) => {
    expect(await readiness(state, false)).toEqual([true, []])
  })

  it("is not run where it is missing, and a notice names the command", async () => {
    expect(await readiness("missing", false)).toMatchObject([
      false,
      [{ code: "environment_missing", next: `spore task environment ${record.id} --prepare` }],
    ])
  })

  it("is run where it is the node's own: the run prepares it", async () => {
    expect(await readiness("missing", true)).toEqual([true, []])
  })

  it("does not stop the others where its lock is refused", async () => {
    const refused = new SporeError("lock_refused", "the lock file cannot be used: line 1")
    expect(await readiness(refused, false)).toMatchObject([false, [{ code: "environment_refused" }]])
  })
})

describe("what a record says of the machine", () => {
  it("is what the task's jobs see, and all jobs' while the bundle is not here", async () => {
    const task = await theirTask()
    expect((await envOf(runnerWith("prepared"), task)).runtime).toMatchObject({ torch: "2.4.1" })
    expect(await envOf(runnerWith(new SporeError("artifact_missing", "not here")), task)).toEqual(env)
  })

  it("names a judge that shared the candidate's sandbox", () => {
    expect(publishedEnv(env, { judge: "separate" })).toEqual(env)
    expect(publishedEnv(env, { judge: "shared" })).toEqual({ ...env, sandbox: "bubblewrap, shared judge" })
  })
})
