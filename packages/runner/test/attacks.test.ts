import { describe, expect, it } from "vitest"
import type { Check } from "./suite/check.ts"
import { collectorChecks } from "./suite/collector.ts"
import { isolationChecks } from "./suite/isolation.ts"
import { limitChecks } from "./suite/limits.ts"

/** Attacks that were tried on the first recipe of the sandbox, and those thought of since: none may be forgotten. */
const ATTACKS = {
  isolation: `ssh keys, the identity key, /etc/shadow, other users' homes, host environ, host pids, TCP to loopback,
    TCP to outside, DNS, path unix sockets, abstract unix sockets, vsock, AF_ALG, AF_PACKET, ptrace, process_vm_readv,
    setuid, suid binaries, mount, remount, umount, user namespaces by unshare, user namespaces by clone3, keyring,
    TIOCSTI, writing inputs, writing the interpreter, writing /, writing /dev, /proc/sys, the clock,
    hard links to inputs, open_by_handle_at, bpf, perf, userfaultfd, io_uring, int80, mknod, leaked descriptors,
    /proc/*/fd, /proc/*/root, dmesg, renice, raising limits,
    host name, System V IPC`,
  limits: `fork bomb, thread bomb, slow memory bomb, fast memory bomb, memory bomb of many processes, shm, tmp,
    output fill, inode fill, big file, sparse file, output flood, one endless line, CPU spin, forked CPU spin,
    ignored signals, double-fork daemon, daemon holding stdout, zombies, descriptor exhaustion,
    page tables`,
  collector: `symlink, FIFO, socket, device, odd names, deep folders, setuid bits, huge file,
    sparse file in the outputs`,
}

describe("the list of attacks", () => {
  it.each<[keyof typeof ATTACKS, readonly Check[]]>([
    ["isolation", isolationChecks],
    ["limits", limitChecks],
    ["collector", collectorChecks],
  ])("is the list of checks on %s", (concern, checks) => {
    const listed = ATTACKS[concern].split(",").map((name) => name.trim())
    const made = new Set(checks.flatMap(({ attack }) => attack ?? "a check without an attack"))
    expect([...made].toSorted()).toEqual(listed.toSorted())
  })

  it("has no two checks of one name", () => {
    const names = [...isolationChecks, ...limitChecks, ...collectorChecks].map(({ name }) => name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })
})
