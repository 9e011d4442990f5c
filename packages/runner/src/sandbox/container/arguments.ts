import { SporeError } from "@spore/records"
import { availableParallelism } from "node:os"
import { jobEnvironment } from "../environment.ts"
import type { GpuDevices } from "../gpu-devices.ts"
import { INSIDE } from "../inside.ts"
import type { JobLimits, SandboxErrorCode, SandboxJob } from "../sandbox.ts"
import { type ContainerEngine, LABEL } from "./engine.ts"
import { WATCHER } from "./watcher.ts"

const FOLDERS = ["/work/bin", "/usr/local/bin", "/usr/bin", "/bin"]
const TMP_BYTES = 64 * 1024 * 1024
const MIN_FILE_BYTES = 64 * 1024 * 1024
/** Engines hand a proxy's address, and the password in it, on to containers. */
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"]

export interface ContainerPlan {
  engine: Pick<ContainerEngine, "kind">
  image: string
  name: string
  /** Host file with the profile of system calls. */
  seccomp: string
  user: ContainerUser
  /** The host's Node; null where the image's own is to be used. */
  node: string | null
  job: SandboxJob
  /** What the container must have, by path or by name. */
  program: string
  /** Runs it. */
  command: readonly string[]
  /** Null: none are shown. */
  gpu: GpuDevices | null
  /** A folder of the backend's own, shown read-only; null: none. */
  streams: { folder: string; inside: string } | null
}

/** Who runs in the container, so that the output folder is theirs. */
export interface ContainerUser {
  uid: number
  gid: number
  /** The engine itself runs as an ordinary user, in whose user namespace the id must exist. */
  keepId: boolean
  /** Other processes of the host run under the same id, and count to its number of processes. */
  isShared: boolean
}

/** The engine's arguments that run a job. */
export function runArguments(plan: ContainerPlan): string[] {
  const { engine, image, name, user, job, command } = plan
  const path = [...(job.path ?? []), ...FOLDERS]
  const env = jobEnvironment({ path, home: "/tmp", env: job.env })
  const assignments = Object.entries(env).map(([key, value]) => `${key}=${value}`)
  return [
    ["run", "--interactive", "--rm", "--pull", "never", "--log-driver", "none", "--name", name, "--label", LABEL],
    ["--network", "none", "--read-only", "--hostname", "spore", "--ipc", "private", "--cgroupns", "private"],
    ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--security-opt", "label=disable"],
    ["--security-opt", `seccomp=${plan.seccomp}`],
    user.keepId ? ["--userns", "keep-id"] : [],
    ["--user", `${user.uid}:${user.gid}`],
    // podman would add writable folders without a bound, its user's proxy, and a list of hosts
    engine.kind === "podman" ? ["--read-only-tmpfs=false", "--http-proxy=false", "--no-hosts"] : [],
    PROXY_VARIABLES.flatMap((variable) => ["--env", `${variable}=`, "--env", `${variable.toLowerCase()}=`]),
    limitArguments(job.limits, user),
    ["--tmpfs", `/tmp:rw,nosuid,nodev,size=${TMP_BYTES},mode=1777`, "--shm-size", `${TMP_BYTES}`],
    mountArguments(plan),
    plan.gpu === null ? [] : gpuArguments(engine.kind, user, plan.gpu),
    ["--workdir", INSIDE.inputs, "--entrypoint", INSIDE.shell, image],
    ["-c", WATCHER, "spore-watcher", path.join(":"), plan.program, ...assignments, ...command],
  ].flat()
}

function limitArguments(limits: JobLimits, user: ContainerUser): string[] {
  const fileBytes = Math.max(limits.outputBytes, MIN_FILE_BYTES)
  const percent = limits.cpuPercent ?? 100
  return [
    ["--memory", `${limits.memoryMb}m`, "--memory-swap", `${limits.memoryMb}m`, "--oom-score-adj", "1000"],
    ["--pids-limit", `${limits.processes}`],
    // else an engine without the right to raise it gives its own default, and fails
    user.isShared ? [] : ["--ulimit", `nproc=${limits.processes}:${limits.processes}`],
    percent < 100 ? ["--cpus", ((percent / 100) * availableParallelism()).toFixed(2)] : [],
    ["--ulimit", "core=0:0", "--ulimit", "nofile=1024:1024", "--ulimit", `fsize=${fileBytes}:${fileBytes}`],
  ].flat()
}

function mountArguments({ job, node, streams }: ContainerPlan): string[] {
  const mounts = Object.entries(job.mounts ?? {})
  return [
    node === null ? [] : bind(node, INSIDE.node, true),
    streams === null ? [] : bind(streams.folder, streams.inside, true),
    bind(job.inputs, INSIDE.inputs, true),
    bind(job.outputs, INSIDE.outputs, false),
    mounts.flatMap(([name, path]) => bind(path, INSIDE.own + name, true)),
  ].flat()
}

function bind(source: string, target: string, readOnly: boolean): string[] {
  if (/[",\n]/.test(source + target)) throw failed(`no container can be shown ${JSON.stringify(source)}`)
  return ["--mount", `type=bind,source=${source},target=${target}${readOnly ? ",readonly" : ""}`]
}

function gpuArguments(kind: ContainerEngine["kind"], user: ContainerUser, { devices, groups }: GpuDevices): string[] {
  const hasNvidia = devices.includes("/dev/nvidiactl")
  const nvidia = kind === "docker" ? ["--gpus", "all"] : ["--device", "nvidia.com/gpu=all"]
  return [
    hasNvidia ? nvidia : [],
    devices.filter((path) => path === "/dev/kfd" || path === "/dev/dri").flatMap((path) => ["--device", path]),
    user.keepId ? ["--group-add", "keep-groups"] : groups.flatMap((gid) => ["--group-add", `${gid}`]),
  ].flat()
}

function failed(reason: string): SporeError<SandboxErrorCode> {
  return new SporeError("sandbox_failed", reason)
}
