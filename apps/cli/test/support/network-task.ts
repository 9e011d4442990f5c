import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect } from "vitest"
import { z } from "zod"
import type { Home } from "./spore.ts"

const PARABOLA = fileURLToPath(new URL("../fixtures/parabola", import.meta.url))

/** Makes a data folder below `home` with a quick task of its own; gives the task's id. */
export async function taskIn(home: Home, name: string): Promise<string> {
  const folder = ["--data-dir", join(home.path, name)]
  await home.spore("init", ...folder)
  const { code, stdout, stderr } = await home.spore("task", "create", "--bundle", PARABOLA, "--json", ...folder)
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return z.object({ id: z.string() }).parse(JSON.parse(stdout)).id
}
