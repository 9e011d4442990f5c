import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { z } from "zod"
import type { Home } from "./spore.ts"

/**
 * Makes a data folder below `home` with a quick task of its own, `parabola` (exact replay) or `bowl` (replay by its
 * artifact); gives the task's id.
 */
export async function taskIn(home: Home, name: string, task: "parabola" | "bowl" = "parabola"): Promise<string> {
  const bundle = fileURLToPath(new URL(`../fixtures/${task}`, import.meta.url))
  const folder = ["--data-dir", join(home.path, name)]
  await home.here("init", ...folder)
  const { code, stdout, stderr } = await home.here("task", "create", "--bundle", bundle, "--json", ...folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return z.object({ id: z.string() }).parse(JSON.parse(stdout)).id
}
