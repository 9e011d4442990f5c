/**
 * Ends plain processes of a job when this process dies, however it does: a shell in a session of its own waits for the
 * end of a pipe from here. Jobs carry a mark in their environment, by which also those are found that left their
 * group, and those that outlived even the guard.
 *
 * @packageDocumentation
 */
import { spawn } from "node:child_process"
import { isOwnerGone, OWNER_MARK, ownerMark } from "./owner.ts"
import { listPids, readText } from "./processes.ts"
import { signalAll } from "./throttle.ts"

/** The variable that holds a job's mark. */
export const JOB_VARIABLE = "SPORE_JOB"

const OWNER = new RegExp(`^(${OWNER_MARK})\\.`)

/** Argument: the job's mark. Lines read: the job's process group; `done`. */
const GUARD = `
group=
while read -r line; do
  [ "$line" != done ] || exit 0
  group=$line
done
[ -z "$group" ] || kill -KILL "-$group"
# again, for what was forked meanwhile
for round in 1 2 3; do
  for path in $(grep -lF "${JOB_VARIABLE}=$1" /proc/[0-9]*/environ); do
    path=\${path#/proc/}
    kill -KILL "\${path%/environ}"
  done
  sleep 1
done
`

/** Until it is disposed of: then the job has ended, and nothing is left to end. */
export interface Guard extends Disposable {
  /** The job's processes are in this group. */
  watch(group: number): void
}

/** Starts to guard the job with this mark, which must not run before. */
export function startGuard(mark: string): Guard {
  const child = spawn("/bin/sh", ["-c", GUARD, "spore-guard", mark], {
    env: { PATH: "/usr/bin:/bin" },
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  })
  child.on("error", () => undefined)
  child.stdin.on("error", () => undefined)
  child.unref()
  return {
    watch: (group) => child.stdin.write(`${group}\n`),
    [Symbol.dispose]: () => child.stdin.end("done\n"),
  }
}

/** A mark for the next job of this process: always as long, so that a job's memory looks alike from run to run. */
export function jobMark(): string {
  return `${ownerMark()}.${crypto.randomUUID()}`
}

/** Processes of this user whose environment began with this mark. */
export function processesOf(mark: string): number[] {
  return listPids("/proc").filter((pid) => markOf(pid) === mark)
}

/** Ends the jobs of processes that are no more. */
export function endAbandoned(): void {
  const abandoned = listPids("/proc").filter((pid) => {
    const owner = OWNER.exec(markOf(pid) ?? "")?.[1]
    return owner !== undefined && isOwnerGone(owner)
  })
  signalAll(abandoned, "SIGKILL")
}

function markOf(pid: number): string | null {
  const prefix = `${JOB_VARIABLE}=`
  const variable = readText(`/proc/${pid}/environ`)
    .split("\0")
    .find((text) => text.startsWith(prefix))
  return variable === undefined ? null : variable.slice(prefix.length)
}
