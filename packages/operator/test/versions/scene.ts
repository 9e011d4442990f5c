import { join } from "node:path"
import { isSporeError } from "@spore/records"
import type { Versions } from "../../src/versions/versions.ts"
import { makeRelease } from "./packages.ts"

/** Every change that there is, one after the other. */
export const SCENE: readonly {
  act: "install" | "beginTrial" | "takeBackAttempt" | "accept" | "reject" | "rollBack" | "forgive"
  version: string
}[] = [
  { act: "install", version: "1.1.0" },
  { act: "beginTrial", version: "1.1.0" },
  { act: "accept", version: "1.1.0" },
  { act: "install", version: "1.2.0" },
  { act: "beginTrial", version: "1.2.0" },
  { act: "takeBackAttempt", version: "1.2.0" },
  { act: "reject", version: "1.2.0" },
  { act: "forgive", version: "1.2.0" },
  { act: "rollBack", version: "1.1.0" },
]

/** Takes the steps from `first` on, with archives named by their versions; a step that was done already does no harm. */
export async function playScene(
  versions: Versions,
  archives: string,
  first: number,
  onDone: () => Promise<void> | void,
): Promise<void> {
  for (const { act, version } of SCENE.slice(first)) {
    if (act === "install") await versions.install(makeRelease(version), join(archives, `${version}.tgz`))
    else if (act === "reject") await versions.reject(version, "as the scene has it")
    else if (act === "rollBack") await rollBack(versions)
    else await versions[act](version)
    await onDone()
  }
}

/** Once more, after it was done, there is nothing to go back to. */
async function rollBack(versions: Versions): Promise<void> {
  try {
    await versions.rollBack("as the scene has it")
  } catch (error) {
    if (!isSporeError(error, "nothing_to_roll_back")) throw error
  }
}
