/** The programs around attacks. They print `GOT <what>`, or `BLOCKED <error code> <message>`. */

export function nodeAttack(attempt: string): string {
  return `
    import * as fs from "node:fs"
    import { hostname, networkInterfaces } from "node:os"
    const { env } = process
    class Nothing extends Error { code = "NOTHING" }
    const attempt = async () => { ${attempt} }
    const processes = () => fs.readdirSync("/proc").filter((name) => /^\\d+$/.test(name) && name !== String(process.pid))
    /** The first that a way gives; the last refusal where none does. */
    const first = (ways) => {
      let refusal = new Nothing("no way")
      for (const way of ways) try { return way() } catch (error) { refusal = error }
      throw refusal
    }
    try { console.log("GOT " + (await attempt())) }
    catch (error) {
      const word = typeof error.code === "string" ? "BLOCKED " + error.code : "FAILED"
      console.log((word + " " + error.message).replaceAll("\\n", " "))
    }
    process.exit()`
}

/** Numbers of system calls on x86_64 and aarch64: written here anew, so that a mistake in the filter shows. */
const PRELUDE = `
import ctypes, errno, fcntl, mmap, os, resource, socket, struct, subprocess, sys
ON_X64 = os.uname().machine == "x86_64"
NUMBERS = {
  "ptrace": (101, 117), "process_vm_readv": (310, 270), "mount": (165, 40), "umount2": (166, 39),
  "unshare": (272, 97), "clone": (56, 220), "clone3": (435, 435), "setns": (308, 268), "add_key": (248, 217),
  "keyctl": (250, 219), "request_key": (249, 218), "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265),
  "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
  "syslog": (103, 116), "clock_settime": (227, 112), "settimeofday": (164, 170), "adjtimex": (159, 171),
  "clock_adjtime": (305, 266), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
  "mount_setattr": (442, 442), "pivot_root": (155, 41), "chroot": (161, 51), "pidfd_open": (434, 434),
  "pidfd_getfd": (438, 438), "shmget": (29, 194), "msgget": (68, 186), "semget": (64, 190),
}
libc = ctypes.CDLL(None, use_errno=True)
env = os.environ

class Nothing(Exception):
  pass

def call(name, *arguments):
  "A raw system call, with whole numbers as longs and bytes as pointers."
  number = NUMBERS[name][0 if ON_X64 else 1]
  given = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
  result = libc.syscall(ctypes.c_long(number), *given)
  if result < 0:
    raise OSError(ctypes.get_errno(), name)
  return result

def first(*ways):
  "What the first way gives that is not refused; the last refusal where all are."
  refusal = Nothing("no way")
  for way in ways:
    try:
      return way()
    except OSError as error:
      refusal = error
  raise refusal

def in_child(way):
  "Makes the attempt in a process of its own, and raises what it was refused with."
  child = os.fork()
  if child == 0:
    try:
      way()
      os._exit(0)
    except OSError as error:
      os._exit(error.errno)
    except BaseException as error:
      print(error)
      os._exit(255)
  status = os.waitpid(child, 0)[1]
  if os.WIFSIGNALED(status):
    raise Nothing("killed by signal %d" % os.WTERMSIG(status))
  code = os.WEXITSTATUS(status)
  if code == 255:
    raise TypeError("the attempt broke")
  if code != 0:
    raise OSError(code, os.strerror(code))
`

export function pythonAttack(attempt: string): string {
  return `${PRELUDE}
def attempt():
${reindent(attempt)}
try:
  print("GOT", attempt() or "done")
except OSError as error:
  print("BLOCKED", errno.errorcode.get(error.errno, "NOCODE"), error)
except Nothing as error:
  print("BLOCKED NOTHING", error)
except BaseException as error:
  print("FAILED", repr(error))
`
}

/** The lines two spaces in, without the indentation that all of them share. */
function reindent(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "")
  const shared = Math.min(...lines.map((line) => line.length - line.trimStart().length))
  return lines.map((line) => `  ${line.slice(shared)}`).join("\n")
}
