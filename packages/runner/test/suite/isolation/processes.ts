/** Other processes: to see them, to read them, to meddle with them; and what a process inherits from its parents. */
import { type Attack, secret } from "../attack.ts"

/** Python that finds the victim's environment in its memory. */
const ENVIRONMENT_OF_VICTIM = `
      victim = int(env["VICTIM"])
      fields = open("/proc/%d/stat" % victim).read().rsplit(")", 1)[1].split()
      start, end = int(fields[47]), int(fields[48])`

export const processAttacks: Attack[] = [
  {
    attack: "host environ",
    name: "read the environment of other processes",
    attempt: `
      for (const pid of processes()) {
        let text = ""
        try { text = fs.readFileSync("/proc/" + pid + "/environ", "latin1") } catch {}
        if (text.includes("VICTIM_SECRET=" + env.SECRET)) return env.SECRET
      }
      throw new Nothing("not found")`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "host pids",
    name: "see a process of the host",
    attempt: `process.kill(Number(env.VICTIM), 0); return "done"`,
    outside: "works",
  },
  {
    attack: "host pids",
    name: "find a process of the host in /proc by its command line",
    attempt: `
      const line = (pid) => { try { return fs.readFileSync("/proc/" + pid + "/cmdline", "latin1") } catch { return "" } }
      const seen = processes().find((pid) => pid === env.VICTIM && line(pid).includes("sleep"))
      if (seen === undefined) throw new Nothing("not found")
      return "done"`,
    outside: "works",
  },
  {
    attack: "/proc/*/fd",
    name: "read a file that another process holds open",
    attempt: `
      for (const pid of processes()) {
        const open = "/proc/" + pid + "/fd/9"
        // no other file: outside they are other people's
        try { if (fs.readlinkSync(open) === env.KEY_FILE) return fs.readFileSync(open, "utf8") } catch {}
      }
      throw new Nothing("not found")`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "/proc/*/root",
    name: "read a file of the host through another process's root or working folder",
    attempt: `
      for (const pid of processes()) for (const way of ["root", "cwd"]) {
        try { return fs.readFileSync("/proc/" + pid + "/" + way + "/".padEnd(40, "../") + env.KEY_FILE, "utf8") } catch {}
      }
      throw new Nothing("not found")`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "ptrace",
    name: "trace another process",
    language: "python",
    attempt: `
      def attach():
        call("ptrace", 16, int(env["VICTIM"]), 0, 0)
        os.waitpid(int(env["VICTIM"]), 0)
        call("ptrace", 17, int(env["VICTIM"]), 0, 0)
      in_child(attach)`,
    outside: "may be refused",
  },
  {
    attack: "ptrace",
    name: "ask to be traced",
    language: "python",
    attempt: `in_child(lambda: call("ptrace", 0, 0, 0, 0))`,
    outside: "may be refused",
  },
  {
    attack: "process_vm_readv",
    name: "read another process's memory by process_vm_readv",
    language: "python",
    attempt: `${ENVIRONMENT_OF_VICTIM}
      memory = ctypes.create_string_buffer(end - start)
      here = struct.pack("QQ", ctypes.addressof(memory), end - start)
      call("process_vm_readv", victim, here, 1, struct.pack("QQ", start, end - start), 1, 0)
      return memory.raw.split(b"VICTIM_SECRET=")[1].split(bytes(1))[0].decode()`,
    expected: secret,
    outside: "may be refused",
  },
  {
    attack: "process_vm_readv",
    name: "read even its own memory by process_vm_readv",
    language: "python",
    attempt: `
      source, target = ctypes.create_string_buffer(b"marigold"), ctypes.create_string_buffer(8)
      here, there = struct.pack("QQ", ctypes.addressof(target), 8), struct.pack("QQ", ctypes.addressof(source), 8)
      call("process_vm_readv", os.getpid(), here, 1, there, 1, 0)
      return target.raw.decode()`,
    expected: () => "marigold",
    outside: "may be refused",
  },
  {
    attack: "process_vm_readv",
    name: "read another process's memory by /proc/*/mem",
    language: "python",
    attempt: `${ENVIRONMENT_OF_VICTIM}
      memory = os.pread(os.open("/proc/%d/mem" % victim, os.O_RDONLY), end - start, start)
      return memory.split(b"VICTIM_SECRET=")[1].split(bytes(1))[0].decode()`,
    expected: secret,
    outside: "may be refused",
  },
  {
    attack: "leaked descriptors",
    name: "take an open file from another process",
    language: "python",
    attempt: `
      victim = call("pidfd_open", int(env["VICTIM"]), 0)
      return os.pread(call("pidfd_getfd", victim, 9, 0), 100, 0).decode()`,
    expected: secret,
    outside: "may be refused",
  },
  {
    attack: "renice",
    name: "give itself a higher priority",
    language: "python",
    attempt: `
      first(
        lambda: in_child(lambda: os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - 5)),
        lambda: in_child(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))),
      )`,
    outside: "may be refused",
  },
  {
    attack: "renice",
    name: "slow another process down",
    language: "python",
    attempt: `os.setpriority(os.PRIO_PROCESS, int(env["VICTIM"]), 19)`,
    outside: "works",
  },
  {
    attack: "raising limits",
    name: "be without a limit of processes",
    attempt: `
      const limit = /Max processes\\s+(\\d+|unlimited)/.exec(fs.readFileSync("/proc/self/limits", "utf8"))[1]
      if (limit === env.PROCESSES) throw new Nothing("limited")
      return "done"`,
    outside: "works",
  },
  {
    attack: "raising limits",
    name: "raise a limit",
    language: "python",
    attempt: `
      def raise_to(limit):
        soft, hard = resource.getrlimit(limit)
        if hard == resource.RLIM_INFINITY:
          raise OSError(errno.EPERM, "unlimited: nothing to raise")
        try:
          resource.setrlimit(limit, (hard + 1, hard + 1))
        except ValueError as error:
          raise OSError(errno.EPERM, str(error))
      limits = [getattr(resource, "RLIMIT_" + name) for name in "NPROC NOFILE FSIZE CPU MEMLOCK MSGQUEUE NICE RTPRIO".split()]
      first(*[lambda limit=limit: in_child(lambda: raise_to(limit)) for limit in limits])`,
    outside: "may be refused",
  },
  {
    attack: "raising limits",
    name: "lift a limit of the process that runs it",
    language: "python",
    attempt: `
      soft, hard = resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE)
      resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (soft, hard + 1))`,
    outside: "may be refused",
  },
]
