/**
 * The system calls a job may not make, as a classic BPF program in the form `bwrap --seccomp` takes: an array of
 * `struct sock_filter`. Namespaces do not cover these calls, or they are large attack surfaces no experiment needs.
 *
 * @packageDocumentation
 */

/** Architectures with a filter. */
export type FilterArch = "x64" | "arm64"

interface Instruction {
  code: number
  ifTrue: number
  ifFalse: number
  value: number
}

/** One argument of a system call compared with values; 32 bits of it, which is all the kernel looks at in these. */
export interface ArgumentRule {
  name: string
  numbers: Numbers
  argument: number
  compare: "equals" | "has bits"
  values: readonly number[]
  onMatch: number
  otherwise: number
}

/** Number on x64 and on arm64; null where the call does not exist. */
type Numbers = readonly [x64: number, arm64: number | null]

const LOAD_WORD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_GREATER_EQUAL = 0x35
const JUMP_BITS = 0x45
const RETURN = 0x06

export const ALLOW = 0x7fff0000
export const KILL_PROCESS = 0x80000000
const EPERM = errno(1)
const ENOSYS = errno(38)
const EOPNOTSUPP = errno(95)
const EAFNOSUPPORT = errno(97)

const AUDIT_ARCH: Record<FilterArch, number> = { x64: 0xc000003e, arm64: 0xc00000b7 }
/** Set in the numbers of the x32 ABI, a second way into the same kernel. */
const X32_BIT = 0x40000000
/** Offsets into `struct seccomp_data`. */
const OFFSET_NUMBER = 0
const OFFSET_ARCH = 4
const OFFSET_ARGUMENTS = 16

export const DENIED: Record<string, Numbers> = {
  // other processes
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  // keyrings
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // mounts and namespaces
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  unshare: [272, 97],
  setns: [308, 268],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  // large kernel surfaces
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  vmsplice: [278, 75],
  memfd_secret: [447, 447],
  modify_ldt: [154, null],
  // files behind the mount table
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  fanotify_init: [300, 262],
  lookup_dcookie: [212, 18],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  // the machine
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  syslog: [103, 116],
  vhangup: [153, 58],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  iopl: [172, null],
  ioperm: [173, null],
  uselib: [134, null],
  nfsservctl: [180, 42],
}

/** The flags of clone(2) that make namespaces. CLONE_NEWTIME is not valid there. */
const CLONE_NEW_NAMESPACES = 0x7e020000

export const ARGUMENT_RULES: readonly ArgumentRule[] = [
  {
    name: "clone",
    numbers: [56, 220],
    argument: 0,
    compare: "has bits",
    values: [CLONE_NEW_NAMESPACES],
    onMatch: EPERM,
    otherwise: ALLOW,
  },
  {
    name: "ioctl",
    numbers: [16, 29], // TIOCSTI, TIOCLINUX, TIOCCONS
    argument: 1,
    compare: "equals",
    values: [0x5412, 0x541c, 0x541d],
    onMatch: EPERM,
    otherwise: ALLOW,
  },
  {
    name: "socket",
    numbers: [41, 198], // AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; vsock and others cross namespaces
    argument: 0,
    compare: "equals",
    values: [1, 2, 10, 16],
    onMatch: ALLOW,
    otherwise: EAFNOSUPPORT,
  },
  {
    name: "personality",
    numbers: [135, 92], // the query, none, ADDR_NO_RANDOMIZE
    argument: 0,
    compare: "equals",
    values: [0xffffffff, 0, 0x40000],
    onMatch: ALLOW,
    otherwise: EPERM,
  },
]

/** Calls refused in a way that makes programs fall back to others, or do without. */
export const REPLACED: Record<string, { numbers: Numbers; error: number }> = {
  // its flags lie in memory, where a filter cannot look; libc falls back to clone
  clone3: { numbers: [435, 435], error: ENOSYS },
  // System V memory, queues and semaphores: they belong to no process, so that nothing counts them
  shmget: { numbers: [29, 194], error: ENOSYS },
  msgget: { numbers: [68, 186], error: ENOSYS },
  semget: { numbers: [64, 190], error: ENOSYS },
  // takes disk without counting as written, see watchdog.ts
  fallocate: { numbers: [285, 47], error: EOPNOTSUPP },
}

/** Whether there is a filter for `arch`, in Node's naming. */
export function hasFilter(arch: string): arch is FilterArch {
  return Object.hasOwn(AUDIT_ARCH, arch)
}

/** The filter for a machine of this architecture. */
export function seccompFilter(arch: FilterArch): Buffer {
  const program: Instruction[] = [
    load(OFFSET_ARCH),
    jump(JUMP_EQUAL, AUDIT_ARCH[arch], 1, 0),
    give(KILL_PROCESS),
    load(OFFSET_NUMBER),
  ]
  if (arch === "x64") program.push(jump(JUMP_GREATER_EQUAL, X32_BIT, 0, 1), give(EPERM))
  for (const numbers of Object.values(DENIED)) program.push(...refuse(numbers, EPERM, arch))
  for (const { numbers, error } of Object.values(REPLACED)) program.push(...refuse(numbers, error, arch))
  for (const rule of ARGUMENT_RULES) program.push(...decideByArgument(rule, arch))
  program.push(give(ALLOW))
  return encode(program)
}

function refuse(numbers: Numbers, error: number, arch: FilterArch): Instruction[] {
  const number = numberOn(arch, numbers)
  return number === null ? [] : [jump(JUMP_EQUAL, number, 0, 1), give(error)]
}

function decideByArgument(rule: ArgumentRule, arch: FilterArch): Instruction[] {
  const number = numberOn(arch, rule.numbers)
  if (number === null) return []
  const test = rule.compare === "equals" ? JUMP_EQUAL : JUMP_BITS
  const body = [
    load(OFFSET_ARGUMENTS + 8 * rule.argument),
    // a match jumps over the tests left and `otherwise`
    ...rule.values.map((value, i) => jump(test, value, rule.values.length - i, 0)),
    give(rule.otherwise),
    give(rule.onMatch),
  ]
  return [jump(JUMP_EQUAL, number, 0, body.length), ...body]
}

function numberOn(arch: FilterArch, [x64, arm64]: Numbers): number | null {
  return arch === "x64" ? x64 : arm64
}

function errno(code: number): number {
  return 0x00050000 | code
}

function load(offset: number): Instruction {
  return { code: LOAD_WORD, ifTrue: 0, ifFalse: 0, value: offset }
}

function jump(code: number, value: number, ifTrue: number, ifFalse: number): Instruction {
  return { code, ifTrue, ifFalse, value }
}

function give(action: number): Instruction {
  return { code: RETURN, ifTrue: 0, ifFalse: 0, value: action }
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8)
  for (const [i, { code, ifTrue, ifFalse, value }] of program.entries()) {
    bytes.writeUInt16LE(code, i * 8)
    bytes.writeUInt8(ifTrue, i * 8 + 2)
    bytes.writeUInt8(ifFalse, i * 8 + 3)
    bytes.writeUInt32LE(value >>> 0, i * 8 + 4)
  }
  return bytes
}
