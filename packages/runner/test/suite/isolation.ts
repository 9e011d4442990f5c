/**
 * Attacks on the wall between a job and its host. Each is made against a canary that is really there, and each is
 * first made without a sandbox, where it must succeed: an attack that works nowhere shows nothing.
 */
import assert from "node:assert/strict"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type ListenOptions, type Server } from "node:net"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { createUnsandboxed } from "../../src/sandbox/unsandboxed.ts"
import type { Sandbox } from "../../src/sandbox/sandbox.ts"
import { type Check, runProgram } from "./job.ts"

/** What the attacks are aimed at, by the variables through which attacks find it. */
interface Canaries extends AsyncDisposable {
  env: Record<string, string>
}

interface Attack {
  name: string
  /** Body of an async function, which returns what it got hold of and throws where it got nothing. */
  attempt: string
  /** In Python, for what Node cannot do. */
  python?: boolean
  /** What it returns without a sandbox, by the canaries' variables. */
  expected: (env: Record<string, string>) => string
  /** Works only for root even without a sandbox. */
  rootOnly?: boolean
  /** Some hosts refuse it to everybody: then it shows nothing there, and need not work without a sandbox. */
  hostMayRefuse?: boolean
}

const secret = (env: Record<string, string>): string => env["SECRET"] ?? ""
const done = (): string => "done"
const connectAndRead = (target: string): string => `
  const { connect } = await import("node:net")
  const socket = connect(${target})
  for await (const chunk of socket) return String(chunk)`

const attacks: Attack[] = [
  {
    name: "read a key file by its path",
    attempt: `return readFileSync(env.KEY_FILE, "utf8")`,
    expected: secret,
  },
  {
    name: "read a key file through another process's root",
    attempt: `return readFileSync("/proc/" + env.VICTIM + "/root" + env.KEY_FILE, "utf8")`,
    expected: secret,
  },
  {
    name: "read the environment of other processes",
    attempt: `
      for (const name of readdirSync("/proc")) {
        if (!/^\\d+$/.test(name) || name === String(process.pid)) continue
        let text = ""
        try { text = readFileSync("/proc/" + name + "/environ", "latin1") } catch {}
        const found = /VICTIM_SECRET=([^\\0]+)/.exec(text)
        if (found) return found[1]
      }
      throw new Error("not found")`,
    expected: secret,
  },
  {
    name: "read the memory of another process",
    attempt: `
      const stat = readFileSync("/proc/" + env.VICTIM + "/stat", "latin1")
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      const [from, to] = [Number(fields[47]), Number(fields[48])]
      const bytes = Buffer.alloc(to - from)
      readSync(openSync("/proc/" + env.VICTIM + "/mem", "r"), bytes, 0, bytes.length, from)
      return /VICTIM_SECRET=([^\\0]+)/.exec(bytes.toString("latin1"))[1]`,
    expected: secret,
  },
  {
    name: "see another process",
    attempt: `process.kill(Number(env.VICTIM), 0); return "done"`,
    expected: done,
  },
  {
    name: "connect to a port on loopback",
    attempt: connectAndRead(`Number(env.TCP_PORT), "127.0.0.1"`),
    expected: secret,
  },
  {
    name: "connect to a port on loopback by IPv6",
    attempt: connectAndRead(`Number(env.TCP6_PORT), "::1"`),
    expected: secret,
  },
  {
    name: "connect to an abstract unix socket",
    attempt: connectAndRead(`"\\0" + env.ABSTRACT_SOCKET`),
    expected: secret,
  },
  {
    name: "connect to a unix socket by its path",
    attempt: connectAndRead(`env.SOCKET_FILE`),
    expected: secret,
  },
  {
    name: "learn the host's name",
    attempt: `if (hostname() !== env.HOST_NAME) throw new Error("another name"); return "done"`,
    expected: done,
  },
  {
    name: "write into a folder of the host",
    attempt: `writeFileSync(env.OPEN_FOLDER + "/written", ""); return "done"`,
    expected: done,
  },
  {
    name: "write to the inputs",
    attempt: `writeFileSync("written", ""); return "done"`,
    expected: done,
  },
  {
    name: "make a hard link to an input and write through it",
    attempt: `
      linkSync(env.PROGRAM, env.OUT + "/link")
      writeFileSync(env.OUT + "/link", "")
      return "done"`,
    expected: done,
  },
  {
    name: "read what lies beside the inputs",
    attempt: `
      const seen = readdirSync("../../..").find((name) => name.startsWith("spore-suite-"))
      if (seen === undefined) throw new Error("nothing")
      return "done"`,
    expected: done,
  },
  {
    name: "write to the root folder",
    attempt: `mkdirSync("/spore-attack"); rmdirSync("/spore-attack"); return "done"`,
    expected: done,
    rootOnly: true,
  },
  {
    name: "write to /usr",
    attempt: `mkdirSync("/usr/spore-attack"); rmdirSync("/usr/spore-attack"); return "done"`,
    expected: done,
    rootOnly: true,
  },
  {
    name: "write to /dev",
    attempt: `mkdirSync("/dev/spore-attack"); rmdirSync("/dev/spore-attack"); return "done"`,
    expected: done,
    rootOnly: true,
  },
  {
    name: "open a kernel setting for writing",
    attempt: `openSync("/proc/sys/kernel/core_pattern", "r+"); return "done"`,
    expected: done,
    rootOnly: true,
  },
  {
    name: "make a user namespace",
    attempt: `execFileSync("/usr/bin/unshare", ["--user", "--map-root-user", "/usr/bin/true"], { stdio: "pipe" }); return "done"`,
    expected: done,
    hostMayRefuse: true,
  },
  {
    name: "mount a file system",
    attempt: `
      execFileSync("/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "/usr/bin/mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "pipe" })
      return "done"`,
    expected: done,
    hostMayRefuse: true,
  },
  {
    name: "raise its limit of processes",
    attempt: `
      const limit = () => /Max processes\\s+(\\d+|unlimited)/.exec(readFileSync("/proc/self/limits", "utf8"))[1]
      if (limit() === env.PROCESSES) throw new Error("limited")
      return "done"`,
    expected: done,
  },
  {
    name: "ask to be traced",
    python: true,
    attempt: systemCall(`libc.ptrace(0, 0, 0, 0)`),
    expected: done,
  },
  {
    name: "read another process's memory by process_vm_readv",
    python: true,
    attempt: `
      import ctypes, os
      libc = ctypes.CDLL(None, use_errno=True)
      class iovec(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
      source = ctypes.create_string_buffer(b"x" * 8)
      target = ctypes.create_string_buffer(8)
      here, there = iovec(ctypes.addressof(target), 8), iovec(ctypes.addressof(source), 8)
      # of oneself: what is refused is the call, not the process
      if libc.process_vm_readv(os.getpid(), ctypes.byref(here), 1, ctypes.byref(there), 1, 0) != 8:
        raise OSError(ctypes.get_errno(), "process_vm_readv")
      print("GOT done")`,
    expected: done,
  },
  {
    name: "use a keyring",
    python: true,
    attempt: systemCall(`libc.syscall(250 if os.uname().machine == "x86_64" else 219, 0, -3, 0)`),
    expected: done,
    hostMayRefuse: true,
  },
  {
    name: "set up an io_uring",
    python: true,
    attempt: systemCall(`libc.syscall(425, 1, ctypes.create_string_buffer(120))`),
    expected: done,
    hostMayRefuse: true,
  },
]

/** All attacks as checks of a sandbox; those in Python where there is one. */
export const isolationChecks: Check[] = attacks
  .filter((attack) => attack.python !== true || existsSync("/usr/bin/python3"))
  .map((attack) => ({ name: `a job cannot ${attack.name}`, run: (sandbox) => tryAttack(attack, sandbox) }))

async function tryAttack(attack: Attack, sandbox: Sandbox): Promise<void> {
  await using canaries = await placeCanaries()
  if (attack.rootOnly !== true || process.getuid?.() === 0) {
    const control = await launch(createUnsandboxed(), attack, canaries.env)
    const refused = attack.hostMayRefuse === true && control.startsWith("BLOCKED")
    if (!refused) assert.equal(control, `GOT ${attack.expected(canaries.env)}`, "it does not even work outside")
  }
  assert.match(await launch(sandbox, attack, canaries.env), /^BLOCKED/, "the attack worked")
}

async function launch(sandbox: Sandbox, attack: Attack, canaries: Record<string, string>): Promise<string> {
  const limits = { processes: 61 }
  const env = { ...canaries, PROCESSES: `${limits.processes}` }
  const { result } =
    attack.python === true
      ? await runProgram(sandbox, "", { env, limits, cmd: ["python3", "-c", pythonAttack(attack.attempt)] })
      : await runProgram(sandbox, nodeAttack(attack.attempt), { env, limits })
  assert.equal(result.outcome, "ok", `${result.detail}\n${result.outputTail}`)
  return result.outputTail.trim()
}

function nodeAttack(attempt: string): string {
  return `
    import { execFileSync } from "node:child_process"
    import { linkSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, rmdirSync, statSync, writeFileSync } from "node:fs"
    import { hostname } from "node:os"
    import { dirname } from "node:path"
    const { env } = process
    const attempt = async () => { ${attempt} }
    try { console.log("GOT " + (await attempt())) }
    catch (error) { console.log("BLOCKED " + error.message.replaceAll("\\n", " ")) }
    process.exit()`
}

function pythonAttack(attempt: string): string {
  return `
try:
${attempt.replaceAll(/^ {4}/gm, "")}
except Exception as error:
  print("BLOCKED", error)`
}

function systemCall(call: string): string {
  return `
      import ctypes, os
      libc = ctypes.CDLL(None, use_errno=True)
      if ${call} < 0:
        raise OSError(ctypes.get_errno(), "refused")
      print("GOT done")`
}

async function placeCanaries(): Promise<Canaries> {
  const folder = await mkdtemp(join(tmpdir(), "spore-canaries-"))
  const word = crypto.randomUUID()
  const abstract = `spore-${crypto.randomUUID()}`
  const socketFile = join(folder, "socket")
  await chmod(folder, 0o755)
  await writeFile(join(folder, "key"), word, { mode: 0o600 })
  const servers = await Promise.all(
    [{ host: "127.0.0.1", port: 0 }, { host: "::1", port: 0 }, { path: `\0${abstract}` }, { path: socketFile }].map(
      (options) => listen(options, word),
    ),
  )
  const victim = await startVictim(word)
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === "object" && address !== null ? `${address.port}` : ""
  })
  return {
    env: {
      SECRET: word,
      KEY_FILE: join(folder, "key"),
      OPEN_FOLDER: folder,
      TCP_PORT: ports[0] ?? "",
      TCP6_PORT: ports[1] ?? "",
      ABSTRACT_SOCKET: abstract,
      SOCKET_FILE: socketFile,
      HOST_NAME: hostname(),
      VICTIM: `${victim.pid}`,
    },
    async [Symbol.asyncDispose]() {
      victim.kill("SIGKILL")
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      await rm(folder, { recursive: true })
    },
  }
}

async function listen(options: ListenOptions, word: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined)
    socket.end(word)
  })
  server.listen(options)
  await once(server, "listening")
  return server
}

/** A process of the host with a secret in its environment, and so in its memory. */
async function startVictim(word: string): Promise<ChildProcess> {
  const victim = spawn("/bin/sh", ["-c", "echo up; exec sleep 1000"], {
    env: { PATH: "/usr/bin:/bin", VICTIM_SECRET: word },
    stdio: ["ignore", "pipe", "ignore"],
  })
  await once(victim.stdout, "data")
  return victim
}
