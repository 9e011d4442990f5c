/** Paths inside a sandbox with a root folder of its own: the same for every host, and telling nothing about it. */
export const INSIDE = {
  /** What does not come from the host's own system, or the image. */
  own: "/work/",
  inputs: "/work/in",
  outputs: "/work/out",
  node: "/work/bin/node",
  python: "/usr/bin/python3",
  shell: "/bin/sh",
  /** File systems of bubblewrap's that live in memory. */
  inMemory: ["/work/tmp", "/dev/shm"],
} as const

/** Where such a sandbox shows the folders of a job. */
export function pathsInside(mounts: Readonly<Record<string, string>> = {}): {
  inputs: string
  outputs: string
  mounts: Record<string, string>
} {
  return {
    inputs: INSIDE.inputs,
    outputs: INSIDE.outputs,
    mounts: Object.fromEntries(Object.keys(mounts).map((name) => [name, INSIDE.own + name])),
  }
}
