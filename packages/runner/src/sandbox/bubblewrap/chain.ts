/**
 * The process chain around a job. Each link takes away something that bwrap alone leaves:
 *
 *     setpriv --pdeathsig   the chain dies with this process
 *     unshare --mount, sh   (as root) a place from which the spare user reaches the job's folders
 *     prlimit               core dumps, file size, descriptors, CPU seconds, locked memory
 *     setpriv               no new privileges; as root: the spare user, no capabilities
 *     sh                    was this process still there? then: one pipe for all output, and CPU times at the end
 *     bwrap                 namespaces, mounts, seccomp
 *     sh                    the gate, pid 1: limits processes (inside, where that counts this job's alone),
 *                           reports ready and begins only when told to
 *     the program
 *
 * @packageDocumentation
 */
import { statSync } from "node:fs"
import { cpus } from "node:os"
import { basename, dirname, join, relative } from "node:path"
import { SPARE_UID } from "../spare-user.ts"
import { FD, type ShownPaths } from "./view.ts"
import type { JobLimits } from "../sandbox.ts"

const SPARE_USER = ["--reuid", `${SPARE_UID}`, "--regid", `${SPARE_UID}`]
const NO_CAPABILITIES = ["--inh-caps=-all", "--bounding-set=-all"]
const UNSHARE_MOUNTS = ["/usr/bin/unshare", "--mount", "--propagation", "private"]
const MIN_FILE_BYTES = 64 * 1024 * 1024
/** Hidden in the chain's own mount namespace to make room for the staged folders; no path of ours lies there. */
const STAGE = "/sys"

/**
 * Arguments: pairs of host path and staged path; `--`; the rest of the chain. What lies in the hidden folder itself is
 * given relative to it: it can still be reached from within.
 */
const STAGER = `
cd ${STAGE} || exit 126
mount -t tmpfs -o mode=755,size=64k spore ${STAGE} || exit 126
while [ "$1" != -- ]; do mount --no-canonicalize -o bind,X-mount.mkdir "$1" "$2" || exit 126; shift 2; done
cd /
shift
exec "$@"
`

/**
 * Arguments: the expected parent's pid; the rest of the chain. The oom_score makes the kernel take the job first when
 * the machine runs out of memory. `cat` is there for programs that open /dev/stdout: this process's end is a socket,
 * which cannot be opened.
 */
const OUTER = outer(`2>&1 ${FD.times}>&- | cat 3<&- 4<&- 5>&- 6>&- 7>&-`)
/** For a caller who talks with the program: both ways straight, since each turn would pass through `cat`. */
const OUTER_STREAMED = outer(`${FD.times}>&-`)

function outer(outputs: string): string {
  return `
[ "$PPID" = "$1" ] || exit 126
shift
echo 1000 >/proc/self/oom_score_adj
"$@" ${outputs}
times >&${FD.times}
`
}

/** Argument: the limit of processes. If this process dies before it says go, the gate reads the end of the file. */
const GATE = gate("</dev/null")
/** `read` takes no byte beyond its line: what follows is the program's. */
const GATE_STREAMED = gate("")

function gate(stdin: string): string {
  return `
/usr/bin/prlimit --pid 1 --nproc="$1:$1" || exit 125
shift
echo ready >&${FD.ready}
read go || exit 125
exec ${FD.ready}>&- ${stdin}
"$@"
exit $?
`
}

/** The gate's own name: it marks the links of a chain among the machine's processes. */
export const GATE_NAME = "spore-gate"

/** Host folders, and where bwrap finds them. */
export interface Staging {
  shown: ShownPaths
  /** Pairs of host path and staged path. */
  binds: [from: string, to: string][]
}

/** As root, moves the folders, and Node where needed, from below private folders to where the spare user gets at them. */
export function stage(paths: ShownPaths, asRoot: boolean): Staging {
  if (!asRoot) return { shown: paths, binds: [] }
  const system = new Map([...paths.gpu.system.keys()].map((path) => [path, join(STAGE, "gpu", relative(STAGE, path))]))
  const mounts = new Map([...paths.mounts.keys()].map((name) => [name, join(STAGE, "mounts", name)]))
  const python = stagedFiles(paths.python)
  const shown = {
    inputs: join(STAGE, "in"),
    outputs: join(STAGE, "out"),
    node: paths.node,
    mounts,
    python: python.shown,
    gpu: { ...paths.gpu, system },
  }
  const binds: Staging["binds"] = [
    [paths.inputs, shown.inputs],
    [paths.outputs, shown.outputs],
    ...[...system].map(([path, staged]): Staging["binds"][number] => [`./${relative(STAGE, path)}`, staged]),
    ...[...paths.mounts].map(([name, path]): Staging["binds"][number] => [path, join(STAGE, "mounts", name)]),
    ...python.binds,
  ]
  if (!reachableByAll(paths.node)) {
    binds.push([dirname(paths.node), join(STAGE, "node")])
    shown.node = join(STAGE, "node", basename(paths.node))
  }
  return { shown, binds }
}

/** Files are staged with the folder around them: the stager makes folders to mount on, no files. */
function stagedFiles(paths: ReadonlyMap<string, string>): { shown: Map<string, string>; binds: Staging["binds"] } {
  const shown = new Map<string, string>()
  const binds: Staging["binds"] = []
  for (const [index, [place, path]] of [...paths].entries()) {
    const staged = join(STAGE, "python", `${index}`)
    const isFolder = statSync(path).isDirectory()
    binds.push([isFolder ? path : dirname(path), staged])
    shown.set(place, isFolder ? staged : join(staged, basename(path)))
  }
  return { shown, binds }
}

/** The chain's first program and its arguments. `command` is the job's program by absolute path, with arguments. */
export function chainCommand(init: {
  bwrapPath: string
  command: readonly string[]
  limits: JobLimits
  asRoot: boolean
  /** As root: groups that the spare user is given, to open devices. */
  groups: readonly number[]
  binds: Staging["binds"]
  /** Whether stdin and stdout are the program's own. */
  streamed: boolean
}): [program: string, arguments: string[]] {
  const { limits, binds, groups, streamed } = init
  const spareUser = [...SPARE_USER, ...(groups.length === 0 ? ["--clear-groups"] : ["--groups", groups.join(",")])]
  const fileBytes = Math.max(limits.outputBytes, MIN_FILE_BYTES)
  const cpuSeconds = Math.ceil(limits.wallSeconds) * cpus().length + 60
  const links = [
    ["--pdeathsig", "KILL"],
    binds.length === 0 ? [] : [...UNSHARE_MOUNTS, "/bin/sh", "-c", STAGER, "stager", ...binds.flat(), "--"],
    ["/usr/bin/prlimit", "--core=0:0", `--fsize=${fileBytes}:${fileBytes}`, "--nofile=1024:1024"],
    [`--cpu=${cpuSeconds}:${cpuSeconds + 1}`, "--memlock=65536:65536", "--msgqueue=0:0", "--"],
    ["/usr/bin/setpriv", ...(init.asRoot ? [...spareUser, ...NO_CAPABILITIES] : []), "--no-new-privs"],
    // again: a change of user clears it
    ["--pdeathsig", "KILL"],
    ["/bin/sh", "-c", streamed ? OUTER_STREAMED : OUTER, "outer", `${process.pid}`],
    [init.bwrapPath, "--args", `${FD.args}`, "--"],
    ["/bin/sh", "-c", streamed ? GATE_STREAMED : GATE, GATE_NAME, `${limits.processes}`],
    init.command,
  ]
  return ["/usr/bin/setpriv", links.flat()]
}

/** Whether every folder above `path` lets all users pass. */
function reachableByAll(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
