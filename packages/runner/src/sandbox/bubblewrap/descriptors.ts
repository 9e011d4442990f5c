import { readdirSync, readFileSync } from "node:fs"

const O_CLOEXEC = 0o2000000

/**
 * Descriptors of this process above `highest` that a child would inherit. Node marks its own and the first ones it
 * inherited as closing on exec; later ones that its parent left open get through.
 */
export function inheritableDescriptors(highest: number): number[] {
  return readdirSync("/proc/self/fdinfo")
    .map(Number)
    .filter((fd) => fd > highest && inheritable(fd))
}

function inheritable(fd: number): boolean {
  try {
    const flags = /^flags:\s+(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "0"
    return (parseInt(flags, 8) & O_CLOEXEC) === 0
  } catch {
    return false // closed meanwhile: the one that listed the folder
  }
}
