/** Opens a store, reads its lists, and prints the process's memory in bytes: `node memory-of-store.ts <database>`. */
import { createStore } from "@spore/dag"
import { createVerdicts } from "@spore/verify"

const store = await createStore({ path: process.argv[2] ?? "", verdicts: createVerdicts() })
for (let round = 0; round < 20; round++) {
  for (const { id, standings } of await store.tasks()) {
    for (const { class: name } of standings) {
      await store.frontier(id, name)
      await store.experiments({ task: id, class: name, candidate: true, sort: "best" }, { limit: 500 })
    }
    await store.experiments({ task: id }, { limit: 500 })
    await store.activity(id, { limit: 500 })
    await store.search("warmup", { task: id }, { limit: 500 })
  }
}
process.stdout.write(String(process.memoryUsage().rss))
await store.close()
