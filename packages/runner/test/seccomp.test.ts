import { describe, expect, it } from "vitest"
import { ALLOW, KILL_PROCESS, seccompFilter } from "../src/sandbox/bubblewrap/seccomp.ts"

const X64 = 0xc000003e
const ARM64 = 0xc00000b7
const I386 = 0x40000003
const errno = (code: number): number => 0x00050000 + code

interface Call {
  number: number
  arch?: number
  arguments?: number[]
}

/** What the kernel would decide: runs the program on a `struct seccomp_data`. */
function decide(filter: Buffer, call: Call, arch: number): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.number, 0)
  data.writeUInt32LE(call.arch ?? arch, 4)
  for (const [i, argument] of (call.arguments ?? []).entries()) {
    data.writeUInt32LE(argument >>> 0, 16 + 8 * i)
    data.writeUInt32LE(Math.floor(argument / 2 ** 32) >>> 0, 20 + 8 * i)
  }
  let accumulator = 0
  for (let at = 0; at < filter.length; at += 8) {
    const [code, ifTrue, ifFalse, value] = [
      filter.readUInt16LE(at),
      filter.readUInt8(at + 2),
      filter.readUInt8(at + 3),
      filter.readUInt32LE(at + 4),
    ]
    if (code === 0x06) return value
    if (code === 0x20) accumulator = data.readUInt32LE(value)
    else if (code === 0x15) at += 8 * (accumulator === value ? ifTrue : ifFalse)
    else if (code === 0x35) at += 8 * (accumulator >= value ? ifTrue : ifFalse)
    else if (code === 0x45) at += 8 * ((accumulator & value) === 0 ? ifFalse : ifTrue)
    else throw new Error(`unknown instruction ${code}`)
  }
  throw new Error("the program ends without a decision")
}

describe("the seccomp filter", () => {
  const x64: [string, Call, number][] = [
    ["read", { number: 0 }, ALLOW],
    ["execve", { number: 59 }, ALLOW],
    ["a call newer than the list", { number: 500 }, ALLOW],
    ["a call of another architecture", { number: 0, arch: I386 }, KILL_PROCESS],
    ["a call of the x32 ABI", { number: 0x40000000 }, errno(1)],
    ["ptrace", { number: 101 }, errno(1)],
    ["process_vm_readv", { number: 310 }, errno(1)],
    ["mount", { number: 165 }, errno(1)],
    ["unshare", { number: 272 }, errno(1)],
    ["bpf", { number: 321 }, errno(1)],
    ["io_uring_setup", { number: 425 }, errno(1)],
    ["keyctl", { number: 250 }, errno(1)],
    ["open_by_handle_at", { number: 304 }, errno(1)],
    ["clone3, so that libc takes clone", { number: 435 }, errno(38)],
    ["shmget", { number: 29 }, errno(38)],
    ["semget", { number: 64 }, errno(38)],
    ["msgget", { number: 68 }, errno(38)],
    ["fallocate, so that programs write instead", { number: 285 }, errno(95)],
    ["clone of a thread", { number: 56, arguments: [0x3d0f00] }, ALLOW],
    ["clone of a child", { number: 56, arguments: [17] }, ALLOW],
    ["clone into a user namespace", { number: 56, arguments: [0x10000000 | 17] }, errno(1)],
    ["clone into a network namespace", { number: 56, arguments: [0x40000000 | 17] }, errno(1)],
    ["ioctl TCGETS", { number: 16, arguments: [0, 0x5401] }, ALLOW],
    ["ioctl TIOCSTI", { number: 16, arguments: [0, 0x5412] }, errno(1)],
    ["ioctl TIOCSTI behind high bits", { number: 16, arguments: [0, 0x1_0000_5412] }, errno(1)],
    ["ioctl TIOCLINUX", { number: 16, arguments: [0, 0x541c] }, errno(1)],
    ["socket AF_UNIX", { number: 41, arguments: [1, 1] }, ALLOW],
    ["socket AF_INET6", { number: 41, arguments: [10, 1] }, ALLOW],
    ["socket AF_VSOCK", { number: 41, arguments: [40, 1] }, errno(97)],
    ["socket AF_ALG", { number: 41, arguments: [38, 5] }, errno(97)],
    ["socket AF_PACKET", { number: 41, arguments: [17, 3] }, errno(97)],
    ["personality, the query", { number: 135, arguments: [0xffffffff] }, ALLOW],
    ["personality READ_IMPLIES_EXEC", { number: 135, arguments: [0x0400000] }, errno(1)],
  ]
  it.each(x64)("on x64 decides %s", (_, call, action) => {
    expect(decide(seccompFilter("x64"), call, X64)).toBe(action)
  })

  const arm64: [string, Call, number][] = [
    ["read", { number: 63 }, ALLOW],
    ["ptrace", { number: 117 }, errno(1)],
    ["what would be ptrace on x64", { number: 101 }, ALLOW],
    ["mount", { number: 40 }, errno(1)],
    ["clone into a mount namespace", { number: 220, arguments: [0x00020000 | 17] }, errno(1)],
    ["socket AF_VSOCK", { number: 198, arguments: [40, 1] }, errno(97)],
    ["a call of another architecture", { number: 63, arch: X64 }, KILL_PROCESS],
  ]
  it.each(arm64)("on arm64 decides %s", (_, call, action) => {
    expect(decide(seccompFilter("arm64"), call, ARM64)).toBe(action)
  })

  it("fits the kernel's limit of 4096 instructions", () => {
    expect(seccompFilter("x64").length / 8).toBeLessThan(4096)
  })
})
