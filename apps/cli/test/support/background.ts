import { join } from "node:path"
import { dataPaths, findRunning } from "@spore/node/local"
import { until } from "@spore/testkit"
import { findSupervisor } from "../../src/service/claim.ts"
import { emptyHome, type Home } from "./spore.ts"

/** A home whose nodes in the background end with it. */
export interface BackgroundHome extends Home {
  /** The supervisor's and the node's process on a data folder: those that live. */
  holders(dataDir?: string): Promise<number[]>
}

/** @param names of data folders below the home, besides the default one */
export async function backgroundHome(...names: string[]): Promise<BackgroundHome> {
  const home = await emptyHome()
  const folders = [home.dataDir, ...names.map((name) => join(home.path, name))]
  const holders = async (dataDir = home.dataDir): Promise<number[]> => {
    const found = [await findSupervisor(dataDir), await findRunning(dataPaths(dataDir).running)]
    return found.flatMap((one) => (one === null ? [] : [one.pid]))
  }
  return {
    ...home,
    holders,
    [Symbol.asyncDispose]: async () => {
      for (const folder of folders) {
        await until(
          async () => {
            const pids = await holders(folder)
            for (const pid of pids) process.kill(pid, "SIGKILL")
            return pids.length === 0
          },
          { what: `the end of the node on ${folder}` },
        )
      }
      await home[Symbol.asyncDispose]()
    },
  }
}
