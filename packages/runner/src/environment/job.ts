import type { JobPaths, SandboxJob } from "../sandbox/sandbox.ts"
import type { Environment } from "./environment.ts"

/** What an environment is called among a job's mounts. */
const MOUNT = "environment"

/** The environment among a job's mounts: read-only. */
export function environmentMount(environment: Environment | null): Record<string, string> {
  return environment === null ? {} : { [MOUNT]: environment.folder }
}

/** A command with the environment's Python in place of `python3`, for it and for what it starts. */
export function inEnvironment(cmd: readonly string[], { mounts }: JobPaths): Pick<SandboxJob, "cmd" | "path"> {
  const folder = mounts[MOUNT]
  if (folder === undefined) return { cmd }
  const [program = "", ...rest] = cmd
  const bin = `${folder}/bin`
  return { cmd: [program === "python3" ? `${bin}/python3` : program, ...rest], path: [bin] }
}
