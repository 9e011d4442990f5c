/** Ways into the kernel that namespaces do not close: system calls that no experiment needs. */
import { type Attack } from "../attack.ts"

/** Python that runs machine code in a child, and raises where that is killed. */
const MACHINE_CODE = `
      if not ON_X64:
        raise OSError(errno.ENOSYS, "this processor has no such entry")
      page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
      page.write(code)
      run = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
      def attempt_it():
        if run() != os.getpid():
          raise OSError(errno.ENOSYS, "no such entry")
      in_child(attempt_it)`

export const kernelAttacks: Attack[] = [
  {
    attack: "keyring",
    name: "use a keyring",
    language: "python",
    attempt: `
      first(
        lambda: call("keyctl", 0, -3, 0),
        lambda: call("add_key", b"user", b"spore", b"secret", 6, -2),
        lambda: call("request_key", b"user", b"spore", 0, -2),
      )`,
    outside: "may be refused",
  },
  {
    attack: "TIOCSTI",
    name: "type into a terminal",
    language: "python",
    attempt: `
      terminal = os.openpty()[1]
      def type_into(request):
        os.setsid()
        fcntl.ioctl(terminal, 0x540E, 0)
        # by the raw call too: the kernel looks at 32 bits of the request alone
        if libc.ioctl(terminal, ctypes.c_ulong(request), b"x") < 0:
          raise OSError(ctypes.get_errno(), "TIOCSTI")
      first(lambda: in_child(lambda: type_into(0x5412)), lambda: in_child(lambda: type_into(0x100005412)))`,
    outside: "may be refused",
  },
  {
    attack: "bpf",
    name: "load a BPF program or map",
    language: "python",
    attempt: `
      # BPF_MAP_CREATE of one array, and BPF_PROG_LOAD of "return 0" as a socket filter
      program = ctypes.create_string_buffer(bytes([0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]))
      licence = ctypes.create_string_buffer(b"GPL")
      load = struct.pack("IIQQIIQ", 1, 2, ctypes.addressof(program), ctypes.addressof(licence), 0, 0, 0)
      first(
        lambda: call("bpf", 0, struct.pack("IIII", 2, 4, 4, 1) + bytes(112), 128),
        lambda: call("bpf", 5, load + bytes(88), 128),
      )`,
    outside: "may be refused",
  },
  {
    attack: "perf",
    name: "count events of the processor or kernel",
    language: "python",
    attempt: `
      # a software counter of this process's own CPU time, without the kernel's part
      event = struct.pack("IIQQQQQ", 1, 64, 0, 0, 0, 0, 1 << 5 | 1 << 6)
      call("perf_event_open", event + bytes(64 - len(event)), 0, -1, -1, 0)`,
    outside: "may be refused",
  },
  {
    attack: "userfaultfd",
    name: "handle page faults in its own time",
    language: "python",
    attempt: `first(lambda: call("userfaultfd", 1), lambda: os.close(os.open("/dev/userfaultfd", os.O_RDWR)))`,
    outside: "may be refused",
  },
  {
    attack: "io_uring",
    name: "set up an io_uring",
    language: "python",
    attempt: `call("io_uring_setup", 1, ctypes.create_string_buffer(120))`,
    outside: "may be refused",
  },
  {
    attack: "int80",
    name: "make system calls by the 32-bit entry",
    language: "python",
    // mov eax, 20 (getpid of i386); int 0x80; ret
    attempt: `
      code = bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3])${MACHINE_CODE}`,
    outside: "may be refused",
  },
  {
    attack: "int80",
    name: "make system calls by the x32 entry",
    language: "python",
    // mov eax, 0x40000027 (getpid of x32); syscall; ret
    attempt: `
      code = bytes([0xb8, 0x27, 0, 0, 0x40, 0x0f, 0x05, 0xc3])${MACHINE_CODE}`,
    outside: "may be refused",
  },
  {
    attack: "dmesg",
    name: "read the kernel's log",
    language: "python",
    attempt: `
      first(
        lambda: call("syslog", 3, ctypes.create_string_buffer(4096), 4096),
        lambda: os.read(os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), 8192),
      )
      return "done"`,
    outside: "may be refused",
  },
  {
    attack: "System V IPC",
    name: "make System V shared memory, queues or semaphores, which no limit counts",
    language: "python",
    attempt: `
      # private ones, taken away again at once
      def shared_memory():
        libc.shmctl(call("shmget", 0, 4096, 0o600), 0, 0)
      def queue():
        libc.msgctl(call("msgget", 0, 0o600), 0, 0)
      def semaphore():
        libc.semctl(call("semget", 0, 1, 0o600), 0, 0, 0)
      first(shared_memory, queue, semaphore)`,
    outside: "may be refused",
  },
]
