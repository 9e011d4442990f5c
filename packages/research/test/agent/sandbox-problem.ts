import { createUserPrograms } from "@spore/runner/user-program"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const folder = await mkdtemp(join(tmpdir(), "spore-probe-"))
const problem = await createUserPrograms().viewProblem(folder)
await rm(folder, { recursive: true })

/** Why agents cannot be kept to their files here; null where they can, or where tests of it must fail instead. */
export const sandboxProblem: string | null = process.env["CI"] === "true" ? null : (problem?.reason ?? null)
