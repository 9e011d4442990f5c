import { join } from "node:path"
import type { ExperimentRow } from "@spore/dag"
import { dataPaths, openStore } from "@spore/node/local"
import { systemClock } from "@spore/records"
import type { Home } from "./spore.ts"

/** Experiments of the task by this proposer, as another process sees them. */
export async function experimentsBy(home: Home, task: string, agent: string): Promise<ExperimentRow[]> {
  const store = await openStore(dataPaths(join(home.path, "node")).database, { clock: systemClock })
  try {
    const { items } = await store.experiments({ task, sort: "oldest" }, { limit: 100 })
    return items.filter((row) => row.agent === agent)
  } finally {
    await store.close()
  }
}
