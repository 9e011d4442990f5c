/**
 * What a program of the keeper's own sees where it is kept from the rest of the disk: the system's programs, and the
 * folders it is given. Network, devices without rights, and the keeper's user id are as outside: this keeps files
 * apart, and is no wall for strangers' code.
 *
 * @packageDocumentation
 */
import { existsSync, realpathSync } from "node:fs"
import { sep } from "node:path"
import { systemFolders } from "../sandbox/bubblewrap/view.ts"

/** A file or folder of the host, and where it appears. */
export interface ShownPath {
  from: string
  to: string
  writable: boolean
}

export interface UserView {
  shown: readonly ShownPath[]
  /** Folders of the host that stay hidden, also where they lie below what is shown. */
  hidden: readonly string[]
  /** A folder that the program sees, in its own terms: where it begins. */
  cwd: string
}

/** What name look-ups, certificates and time zones need; nothing that holds a secret. */
const SYSTEM_FILES = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/group",
  "/etc/host.conf",
  "/etc/hosts",
  "/etc/ld.so.cache",
  "/etc/localtime",
  "/etc/nsswitch.conf",
  "/etc/passwd",
  "/etc/pki/ca-trust",
  "/etc/pki/tls/certs",
  "/etc/resolv.conf",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/nix/store",
  "/opt",
]

/** What every such program can read, besides what it is shown. */
const SYSTEM_FOLDERS = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store"]

/** Whether a program in such a view sees this path anyway. */
export function isSystemPath(path: string): boolean {
  return SYSTEM_FOLDERS.some((folder) => isWithin(path, folder))
}

/** Whether `path` is `folder`, or lies below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/** bwrap's arguments up to the command. As root there is no user namespace: what is root's own stays readable. */
export function userViewArguments(view: UserView, asRoot: boolean): string[] {
  // parents before what lies in them
  const shown = view.shown.toSorted((a, b) => (a.to < b.to ? -1 : 1))
  const visible = [...SYSTEM_FOLDERS, ...shown.filter(({ from, to }) => from === to).map(({ to }) => to)]
  const hidden = view.hidden
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path))
    .filter((path) => visible.some((folder) => isWithin(path, folder)))
  const groups = [
    asRoot ? [] : ["--unshare-user"],
    ["--unshare-pid", "--unshare-ipc", "--unshare-cgroup-try"],
    ["--die-with-parent", "--new-session", "--cap-drop", "ALL"],
    systemFolders(),
    SYSTEM_FILES.flatMap((path) => ["--ro-bind-try", path, path]),
    ["--proc", "/proc", "--dev", "/dev"],
    // the kernel's settings belong to root, who needs no capability to write them
    asRoot ? ["--remount-ro", "/proc"] : [],
    shown.flatMap(({ from, to, writable }) => [writable ? "--bind" : "--ro-bind", from, to]),
    hidden.flatMap((path) => ["--tmpfs", path, "--remount-ro", path]),
    ["--remount-ro", "/", "--chdir", view.cwd],
  ]
  return groups.flat()
}
