import { SporeError } from "@spore/records"
import type { SandboxErrorCode, SandboxJob } from "./sandbox.ts"

/** Programs that a job may name without a path. */
export interface Programs {
  node: string
  python3: string
  sh: string
}

const RESERVED: ReadonlySet<string> = new Set(["in", "out", "tmp", "bin"])

/**
 * A job's command with its program by absolute path.
 *
 * @throws SporeError `sandbox_bad_job` for an unknown program, or text that no command line or environment can hold
 */
export function resolveCommand(job: SandboxJob, programs: Programs): [program: string, ...arguments: string[]] {
  const [name = "", ...rest] = job.cmd
  const texts = [...job.cmd, ...Object.keys(job.env), ...Object.values(job.env)]
  if (texts.some((text) => text.includes("\0"))) throw badJob("a zero byte in its command or environment")
  if (Object.keys(job.env).some((key) => key === "" || key.includes("="))) throw badJob("a malformed variable name")
  const badMount = Object.keys(job.mounts ?? {}).find((mount) => !/^[a-z]+$/.test(mount) || RESERVED.has(mount))
  if (badMount !== undefined) throw badJob(`a mount named ${JSON.stringify(badMount)}`)
  if (name === "node" || name === "python3" || name === "sh") return [programs[name], ...rest]
  if (name.startsWith("/")) return [name, ...rest]
  throw badJob(`${JSON.stringify(name)} as its program; expected an absolute path, node, python3 or sh`)
}

function badJob(reason: string): SporeError<SandboxErrorCode> {
  return new SporeError("sandbox_bad_job", `the job has ${reason}`)
}
