import { CID } from "@spore/records"
import { makeClaim, makeExperiment, makeProfile, makeTask, testIdentity } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { PROFILES_TOPIC, TASKS_TOPIC, topicOf, topicOfTask, TOPICS, topicsOfLogs } from "../src/topics.ts"

const author = testIdentity(1)
const task = makeTask(author)

describe("topics", () => {
  it("are tasks, profiles and 64 shards", () => {
    expect(TOPICS).toHaveLength(66)
    expect(new Set(TOPICS).size).toBe(66)
    expect(TOPICS).toContain("/spore/1/shard/63")
  })

  it("carry a task's facts on the shard of the first byte of its digest", () => {
    const id = CID.parse("bafyreif7q6c47awvjcgwydljisuq5gfvbztipfkl2rpsxnvsg7xcydlh2m")
    expect(topicOfTask(id)).toBe(`/spore/1/shard/${(id.multihash.digest[0] ?? 0) % 64}`)
    expect(topicOf(makeExperiment(author, { task, score: 1 }))).toBe(topicOfTask(task.cid))
    expect(topicOf(makeClaim(author, { task }))).toBe(topicOfTask(task.cid))
    expect(topicOf(task)).toBe(TASKS_TOPIC)
    expect(topicOf(makeProfile(author))).toBe(PROFILES_TOPIC)
  })

  it("follow from the logs a node carries", () => {
    expect(topicsOfLogs([])).toEqual(new Set([TASKS_TOPIC, PROFILES_TOPIC]))
    expect(topicsOfLogs(["tasks", "profiles", `task/${task.id}`])).toEqual(
      new Set([TASKS_TOPIC, PROFILES_TOPIC, topicOfTask(task.cid)]),
    )
  })
})
