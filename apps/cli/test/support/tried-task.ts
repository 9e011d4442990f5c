import { cp, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { until } from "@spore/testkit"
import { expect } from "vitest"
import { z } from "zod"
import { runNode } from "./node.ts"
import type { Home } from "./spore.ts"

const PARABOLA = fileURLToPath(new URL("../fixtures/parabola", import.meta.url))

/** What the evaluator of `triedTask` says to proposers. */
export const FEEDBACK = "the lowest point is at 3, -5"

/**
 * A data folder below `home` with a task of its own whose evaluator gives feedback, and at least one experiment of it,
 * the baseline: 35 at (0, 0).
 */
export async function triedTask(
  home: Home,
  name: string,
): Promise<{ task: string; baseline: string; flags: string[] }> {
  const bundle = join(home.path, `${name}-task`)
  await cp(PARABOLA, bundle, { recursive: true })
  const evaluator = join(bundle, "evaluator.mjs")
  const source = await readFile(evaluator, "utf8")
  await writeFile(evaluator, source.replace('text_feedback: ""', `text_feedback: ${JSON.stringify(FEEDBACK)}`))
  const flags = ["--data-dir", join(home.path, name)]
  await home.spore("init", ...flags)
  const made = await home.spore("task", "create", "--bundle", bundle, "--json", ...flags)
  expect(made).toMatchObject({ code: 0, stderr: "" })
  const { id: task } = z.object({ id: z.string() }).parse(JSON.parse(made.stdout))
  await using node = await runNode(home, name, "--solo", "--task", task, "--no-verify")
  const baseline = await until(async () => (await node.client.experiments({ task, sort: "oldest" })).items[0]?.id, {
    timeoutMs: 60_000,
    what: "the baseline",
  })
  await node.stop()
  return { task, baseline, flags }
}
