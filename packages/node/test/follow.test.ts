import { createStore } from "@spore/dag"
import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { type AutoFollow, findTask, followedTask, PINNED_TASK } from "../src/follow.ts"

const [me, ...others] = [1, 2, 3, 4].map(testIdentity)
if (me === undefined) throw new Error("no identity")
const bundled = makeTask(testIdentity(9), { name: "bundled" })
const busy = makeTask(testIdentity(8), { name: "busy" })
const loud = makeTask(testIdentity(7), { name: "loud" })
const policy = { allowsTask: () => true, allowsExperiment: async () => true, mayPrepare: () => false }

async function follow(init: { auto?: AutoFollow; task?: string; pinned?: string }): Promise<string | undefined> {
  const store = await createStore({ path: ":memory:" })
  await store.ingest([bundled, busy, loud])
  // Three authors are at work on one task; on the other a single key makes much noise.
  for (const author of others) await store.ingest([makeExperiment(author, { task: busy, score: 1 })])
  const root = makeExperiment(testIdentity(7), { task: loud, score: 9 })
  const noise = Array.from({ length: 20 }, (_, n) =>
    makeExperiment(testIdentity(7), { task: loud, parent: root, score: n, code: `noise ${n}` }),
  )
  await store.ingest([root, ...noise])
  if (init.pinned !== undefined) await store.setLocal(PINNED_TASK, init.pinned)
  const task = await followedTask({
    store,
    nodeId: testIdentity(1).nodeId,
    bundledTasks: new Set([bundled.id]),
    policy,
    auto: init.auto ?? "known",
    ...(init.task === undefined ? {} : { task: init.task }),
  })
  await store.close()
  return task?.body.name
}

describe("the followed task", () => {
  it("is the one most authors work on, however much noise one key makes", async () => {
    expect(await follow({})).toBe("busy")
  })

  it("is a bundled or own one where only these are trusted, and none where following is off", async () => {
    expect(await follow({ auto: "trusted" })).toBe("bundled")
    expect(await follow({ auto: "off" })).toBeUndefined()
  })

  it("is the pinned one before that, and the one asked for before all", async () => {
    expect(await follow({ pinned: loud.id })).toBe("loud")
    expect(await follow({ pinned: loud.id, task: "bundled" })).toBe("bundled")
    expect(await follow({ task: "unknown" })).toBeUndefined()
  })
})

it("is the first bundled one where nobody has done anything, whatever else is known", async () => {
  const store = await createStore({ path: ":memory:" })
  const tasks = Array.from({ length: 8 }, (_, n) => makeTask(testIdentity(9), { name: `task ${n}` }))
  await store.ingest([busy, ...tasks])
  for (const order of [tasks, tasks.toReversed()]) {
    const bundledTasks = new Set(order.map(({ id }) => id))
    const task = await followedTask({ store, nodeId: testIdentity(1).nodeId, bundledTasks, policy, auto: "known" })
    expect(task?.id).toBe(order[0]?.id)
  }
  await store.close()
})

describe("findTask", () => {
  it("takes a name for the bundled task before all others that have it, and ids for what they say", async () => {
    const own = makeTask(testIdentity(1), { name: "bundled" })
    const former = makeTask(testIdentity(8), { name: "bundled" })
    const newer = makeTask(testIdentity(8), { name: "bundled", supersedes: former.cid })
    const store = await createStore({ path: ":memory:" })
    for (const task of [own, former, newer, bundled]) await store.ingest([task])
    const tasks = await store.tasks()
    const release = new Set([bundled.id])
    expect(findTask(tasks, "bundled", release)?.id).toBe(bundled.id)
    expect(findTask(tasks, former.id, release)?.id).toBe(former.id)
    expect(findTask(tasks, "bundled", new Set())?.id).toBe(own.id)
    await store.close()
  })

  it("takes ids, unique prefixes and names, and follows what its own author superseded", async () => {
    const first = makeTask(testIdentity(1), { name: "twice" })
    const second = makeTask(testIdentity(1), { name: "twice", supersedes: first.cid })
    const store = await createStore({ path: ":memory:" })
    const stranger = makeTask(testIdentity(2), {
      name: "twice",
      supersedes: second.cid,
      created: second.body.created + 9,
    })
    await store.ingest([first, second, stranger])
    const tasks = await store.tasks()
    expect(findTask(tasks, "twice")?.id).toBe(second.id)
    expect(findTask(tasks, first.id)?.id).toBe(first.id)
    expect(() => findTask(tasks, "bafyrei")).toThrow("several tasks")
    await store.close()
  })
})
