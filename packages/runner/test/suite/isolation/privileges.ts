/** Ways to more rights: other users, namespaces, mounts, settings of the machine. */
import type { Attack } from "../attack.ts"

/** All ways to make a namespace, by their flags: user, mount, network, pid, time. */
const NAMESPACES = "[0x10000000, 0x20000, 0x40000000, 0x20000000, 0x80]"

export const privilegeAttacks: Attack[] = [
  {
    attack: "setuid",
    name: "become another user",
    language: "python",
    attempt: `
      users = [user for user in (0, 1, 65534, 60907) if user != os.getuid()]
      ways = [lambda user=user: in_child(lambda: os.setresuid(user, user, user)) for user in users]
      first(*ways, lambda: in_child(lambda: os.setgroups([1])), lambda: in_child(lambda: os.setresgid(1, 1, 1)))`,
    outside: "may be refused",
  },
  {
    attack: "suid binaries",
    name: "get root's rights from a setuid program",
    language: "python",
    attempt: `
      # waits for a password; root itself tries it as an ordinary user
      user = {"user": 65534, "group": 65534} if os.getuid() == 0 else {}
      child = subprocess.Popen(["/usr/bin/su", "root"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True, **user)
      status = open("/proc/%d/status" % child.pid).read()
      child.kill()
      if status.split("Uid:")[1].split()[1] != "0":
        raise OSError(errno.EPERM, "not root")`,
    outside: "may be refused",
  },
  {
    attack: "suid binaries",
    name: "make a program of its own that gives its rights to others",
    language: "python",
    attempt: `
      path = env["OUT"] + "/suid"
      subprocess.run(["/bin/cp", "/usr/bin/id", path], check=True)
      os.chmod(path, 0o6755)
      if os.statvfs(path).f_flag & os.ST_NOSUID:
        raise OSError(errno.EPERM, "the outputs are mounted nosuid")`,
    outside: "may be refused",
  },
  {
    attack: "mount",
    name: "mount anything",
    language: "python",
    attempt: `
      first(
        lambda: call("mount", b"none", b"/work/out", b"tmpfs", 0, 0),
        lambda: call("mount", b"none", b"/tmp", b"proc", 0, 0),
        lambda: call("mount", b"/usr", b"/work/out", 0, 0x1000, 0),
        lambda: call("fsopen", b"tmpfs", 0),
        lambda: call("open_tree", -100, b"/", 1),
        lambda: call("move_mount", -100, b"/usr", -100, b"/work/out", 0),
        lambda: call("pivot_root", b"/work/out", b"/work/out"),
        lambda: call("chroot", b"/work/out"),
      )`,
    outside: "never tried",
  },
  {
    attack: "remount",
    name: "make a read-only mount writable",
    language: "python",
    attempt: `
      folders = [b"/", b"/usr", b"/work/in", b"/dev", b"/proc", b"/work/out"]
      ways = [lambda at=at, flags=flags: call("mount", 0, at, 0, flags, 0) for at in folders for flags in (0x20, 0x1020)]
      # clears MOUNT_ATTR_RDONLY and MOUNT_ATTR_NOSUID
      attributes = struct.pack("QQQQ", 0, 3, 0, 0)
      first(*ways, *[lambda at=at: call("mount_setattr", -100, at, 0, attributes, 32) for at in folders])`,
    outside: "never tried",
  },
  {
    attack: "umount",
    name: "take a mount away",
    language: "python",
    attempt: `
      folders = [b"/work/out", b"/work/in", b"/dev/shm", b"/proc", b"/usr", b"/"]
      first(*[lambda at=at, flags=flags: call("umount2", at, flags) for at in folders for flags in (0, 2)])`,
    outside: "never tried",
  },
  {
    attack: "user namespaces by unshare",
    name: "make a namespace by unshare",
    language: "python",
    attempt: `first(*[lambda flag=flag: in_child(lambda: call("unshare", flag)) for flag in ${NAMESPACES}])`,
    outside: "may be refused",
  },
  {
    attack: "user namespaces by unshare",
    name: "make a namespace by clone, or enter one",
    language: "python",
    attempt: `
      def clone(flag):
        child = call("clone", flag | 17, 0, 0, 0, 0)
        if child == 0:
          os._exit(0)
        os.waitpid(child, 0)
      def enter(kind):
        call("setns", os.open("/proc/self/ns/" + kind, os.O_RDONLY), 0)
      first(
        *[lambda flag=flag: clone(flag) for flag in ${NAMESPACES}[:4]],
        *[lambda kind=kind: in_child(lambda: enter(kind)) for kind in ("mnt", "net", "uts")],
      )`,
    outside: "may be refused",
  },
  {
    attack: "user namespaces by clone3",
    name: "make a namespace by clone3",
    language: "python",
    attempt: `
      def clone3(flags):
        arguments = struct.pack("11Q", flags, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
        child = call("clone3", arguments, len(arguments))
        if child == 0:
          os._exit(0)
        os.waitpid(child, 0)
      first(*[lambda flag=flag: clone3(flag) for flag in ${NAMESPACES}])`,
    outside: "may be refused",
  },
  {
    attack: "/proc/sys",
    name: "open a setting of the kernel for writing",
    language: "python",
    attempt: `
      found = []
      others = ["/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/proc/1/oom_score_adj", "/proc/self/oom_score_adj"]
      for folder, _, names in os.walk("/proc/sys"):
        others += [folder + "/" + name for name in names]
      for path in others:
        try:
          os.close(os.open(path, os.O_WRONLY))
          found.append(path)
        except OSError:
          pass
      if found == []:
        raise Nothing("none of %d" % len(others))
      return " ".join(found)`,
    outside: "never tried",
  },
  {
    attack: "the clock",
    name: "set the clock",
    language: "python",
    attempt: `
      now = struct.pack("qq", *divmod(__import__("time").time_ns(), 10**9))
      first(
        lambda: call("clock_settime", 0, now),
        lambda: call("settimeofday", now, 0),
        lambda: call("settimeofday", 0, struct.pack("ii", 0, 0)),
        # ADJ_OFFSET, and ADJ_TICK to its usual value
        lambda: call("adjtimex", struct.pack("I4xqqqi4x", 1, 0, 0, 0, 0) + bytes(200)),
        lambda: call("clock_adjtime", 0, struct.pack("I4xqqqi4x", 1, 0, 0, 0, 0) + bytes(200)),
        lambda: os.close(os.open("/dev/rtc0", os.O_RDWR)),
      )`,
    outside: "never tried",
  },
]
