import { type AnyRecord, CID, type Kind } from "@spore/records"

const SHARDS = 64

export const TASKS_TOPIC = "/spore/1/tasks"
export const PROFILES_TOPIC = "/spore/1/profiles"
/** Every gossip topic there is: the set is fixed, so that no peer can make others hold more of them. */
export const TOPICS: readonly string[] = [
  TASKS_TOPIC,
  PROFILES_TOPIC,
  ...Array.from({ length: SHARDS }, (_, shard) => shardTopic(shard)),
]

/** The shard of a task's facts: the first byte of the task_id's digest modulo 64. */
export function topicOfTask(task: CID): string {
  return shardTopic((task.multihash.digest[0] ?? 0) % SHARDS)
}

/** The topic a record travels on. */
export function topicOf({ kind, body }: AnyRecord): string {
  return topicFor(kind, "task" in body ? body.task : null)
}

/** The topic for a record of a kind and of a task, where it has one. */
export function topicFor(kind: Kind, task: CID | null): string {
  if (task !== null) return topicOfTask(task)
  return kind === "profile" ? PROFILES_TOPIC : TASKS_TOPIC
}

/** The topics of the logs a node carries, `tasks` and `profiles` always among them. */
export function topicsOfLogs(logs: Iterable<string>): Set<string> {
  const topics = new Set([TASKS_TOPIC, PROFILES_TOPIC])
  for (const log of logs) if (log.startsWith("task/")) topics.add(topicOfTask(CID.parse(log.slice("task/".length))))
  return topics
}

function shardTopic(shard: number): string {
  return `/spore/1/shard/${shard}`
}
