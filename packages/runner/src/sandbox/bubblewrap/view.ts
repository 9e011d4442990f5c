/**
 * What a job sees: bwrap's arguments. Namespaces are listed one by one, since `--unshare-all` conflicts with
 * `--disable-userns`.
 *
 * @packageDocumentation
 */
import { lstatSync, readlinkSync } from "node:fs"
import { jobEnvironment } from "../environment.ts"
import { INSIDE } from "../inside.ts"
import type { SandboxJob } from "../sandbox.ts"

const MIB = 1024 * 1024
const TMP_BYTES = 64 * MIB
const SHM_BYTES = 64 * MIB

/** Descriptors of bwrap and of the gate, its pid 1. */
export const FD = { args: 3, seccomp: 4, status: 5, times: 6, ready: 7 } as const

/** Folders that PATH has: the job's own between the first, where `node` is, and the system's. */
const PATH_FIRST = "/work/bin"
const PATH_LAST = ["/usr/bin", "/bin"]

/** Host paths shown to a job, as bwrap itself can reach them. */
export interface ShownPaths {
  inputs: string
  outputs: string
  node: string
  /** Further folders, by their name below `/work`. */
  mounts: ReadonlyMap<string, string>
  /** What an interpreter outside the system's folders needs, by the place where it expects it. */
  python: ReadonlyMap<string, string>
  /** Device files shown, and folders below /sys by the path they come from. */
  gpu: { devices: readonly string[]; system: ReadonlyMap<string, string> }
}

/** bwrap's arguments up to the command. */
export function bubblewrapArguments(
  paths: ShownPaths,
  { env, links = {}, path: searched = [] }: Pick<SandboxJob, "env" | "links" | "path">,
): string[] {
  const groups = [
    ["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ["--disable-userns", "--assert-userns-disabled"],
    ["--uid", "1000", "--gid", "1000", "--hostname", "spore"],
    ["--die-with-parent", "--as-pid-1", "--new-session", "--cap-drop", "ALL"],
    systemFolders(),
    ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"],
    ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives"],
    // read-only: a namespace's own settings are writable to its maker, and so is a process's oom_score_adj
    ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev"],
    ["--size", `${SHM_BYTES}`, "--perms", "1777", "--tmpfs", "/dev/shm"],
    paths.gpu.devices.flatMap((path) => ["--dev-bind", path, path]),
    ["--remount-ro", "/dev"],
    [...paths.gpu.system].flatMap(([path, from]) => ["--ro-bind", from, path]),
    ["--perms", "0755", "--dir", "/work"],
    ["--size", `${TMP_BYTES}`, "--perms", "0700", "--tmpfs", "/work/tmp", "--symlink", "work/tmp", "/tmp"],
    ["--ro-bind", paths.node, INSIDE.node],
    ["--ro-bind", paths.inputs, INSIDE.inputs],
    ["--bind", paths.outputs, INSIDE.outputs],
    [...paths.mounts].flatMap(([name, path]) => ["--ro-bind", path, INSIDE.own + name]),
    [...paths.python].flatMap(([place, from]) => ["--ro-bind", from, place]),
    Object.entries(links).flatMap(([from, to]) => ["--symlink", to, from]),
    ["--remount-ro", "/", "--chdir", INSIDE.inputs, "--clearenv"],
    Object.entries(jobEnvironment({ path: [PATH_FIRST, ...searched, ...PATH_LAST], home: "/work/tmp", env })).flatMap(
      ([name, value]) => ["--setenv", name, value],
    ),
    ["--seccomp", `${FD.seccomp}`, "--json-status-fd", `${FD.status}`],
  ]
  return groups.flat()
}

/** /usr, and what of it appears in the root: links on most systems, folders on some. */
export function systemFolders(): string[] {
  const shown = ["--ro-bind", "/usr", "/usr"]
  for (const name of ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]) {
    const entry = lstatSync(name, { throwIfNoEntry: false })
    if (entry?.isSymbolicLink() === true) shown.push("--symlink", readlinkSync(name), name)
    else if (entry !== undefined) shown.push("--ro-bind", name, name)
  }
  return shown
}
