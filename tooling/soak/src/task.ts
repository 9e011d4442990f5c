import { makeTask, testIdentity } from "@spore/testkit"

/** The key that signed the task; no process runs under it. */
const AUTHOR = 60_000

/** The task that all records of a run belong to: the same in every process. */
export const TASK = makeTask(testIdentity(AUTHOR), { name: "soak", classKeys: [] })

/** The files that it names. */
export const TASK_FILES: readonly Uint8Array[] = ["bundle", "baseline"].map((text) => new TextEncoder().encode(text))
