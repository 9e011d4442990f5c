/** Reading what is not the job's, writing what is not its outputs. */
import { type Attack, secret } from "../attack.ts"

const readable: Attack[] = [
  {
    attack: "ssh keys",
    name: "read an ssh key",
    attempt: `return fs.readFileSync(env.SSH_KEY, "utf8")`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "the identity key",
    name: "read the identity key",
    attempt: `return fs.readFileSync(env.KEY_FILE, "utf8")`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "the identity key",
    name: "read the identity key through a link in its outputs, or up from its own folders",
    attempt: `
      const ups = ["/proc/self/cwd", "/proc/self/root", env.OUT].map((from) => from + "/..".repeat(12) + env.KEY_FILE)
      fs.symlinkSync(env.KEY_FILE, env.OUT + "/link")
      return first([env.OUT + "/link", ...ups].map((path) => () => fs.readFileSync(path, "utf8")))`,
    expected: secret,
    outside: "works",
  },
  {
    attack: "/etc/shadow",
    name: "read /etc/shadow",
    attempt: `
      if (!fs.readFileSync("/etc/shadow", "latin1").includes("root:")) throw new Nothing("no root in it")
      return "done"`,
    outside: "works for root",
  },
  {
    attack: "other users' homes",
    name: "read in another user's home",
    attempt: `return fs.readFileSync(env.OTHER_HOME + "/canary", "utf8")`,
    expected: secret,
    outside: "works for root",
  },
  {
    attack: "other users' homes",
    name: "read what lies beside its inputs",
    attempt: `
      const seen = fs.readdirSync("../../..").find((name) => name.startsWith("spore-suite-"))
      if (seen === undefined) throw new Nothing("no such name")
      return "done"`,
    outside: "works",
  },
  {
    attack: "open_by_handle_at",
    name: "open a file of the host by its handle",
    language: "python",
    attempt: `
      handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
      mount = ctypes.create_string_buffer(4)
      # the root of the file system that the outputs lie on, past every mount; else just a file
      path = env["KEY_FILE"] if os.path.exists(env["KEY_FILE"]) else env["OUT"]
      call("name_to_handle_at", -100, path.encode(), handle, mount, 0)
      folder = os.open(env["OUT"], os.O_RDONLY)
      return os.read(call("open_by_handle_at", folder, handle, os.O_RDONLY), 100).decode()`,
    expected: secret,
    outside: "may be refused",
  },
]

const writable: Attack[] = [
  {
    attack: "writing inputs",
    name: "write into its inputs",
    attempt: `
      return first([
        () => fs.writeFileSync("written", ""),
        () => fs.writeFileSync(env.PROGRAM, ""),
        () => fs.chmodSync(env.PROGRAM, 0o777),
        () => fs.rmSync(env.PROGRAM),
        () => fs.utimesSync(env.PROGRAM, 0, 0),
        () => fs.renameSync(env.PROGRAM, env.OUT + "/taken"),
      ]) ?? "done"`,
    outside: "works",
  },
  {
    attack: "hard links to inputs",
    name: "make a hard link to an input and write through it",
    attempt: `
      fs.linkSync(env.PROGRAM, env.OUT + "/link")
      fs.writeFileSync(env.OUT + "/link", "")
      return "done"`,
    outside: "works",
  },
  {
    attack: "writing the interpreter",
    name: "change the interpreter that runs it",
    // its own mode again: outside, where this works, nothing changes
    attempt: `
      const { mode } = fs.statSync(process.execPath)
      return first([
        () => fs.closeSync(fs.openSync(process.execPath, "r+")),
        () => fs.chmodSync(process.execPath, mode),
        () => fs.chmodSync("/usr/bin/env", fs.statSync("/usr/bin/env").mode),
      ]) ?? "done"`,
    outside: "works for root",
  },
  ...["/", "/usr/", "/dev/", "/usr/bin/", "/etc/"].map((folder): Attack => ({
    attack: folder === "/dev/" ? "writing /dev" : "writing /",
    name: `write into ${folder}`,
    attempt: `
      const path = "${folder}spore-attack-" + process.pid + Math.random()
      fs.mkdirSync(path)
      fs.rmdirSync(path)
      return "done"`,
    outside: "works for root",
  })),
  {
    attack: "writing /",
    name: "write into a folder of the host",
    attempt: `fs.writeFileSync(env.OPEN_FOLDER + "/written", ""); return "done"`,
    outside: "works",
  },
  {
    attack: "mknod",
    name: "make a device",
    language: "python",
    attempt: `
      # /dev/null by another name, and the first disk, which is not opened
      def make(name, kind, device):
        os.mknod(env["OUT"] + "/" + name, kind | 0o600, device)
        os.unlink(env["OUT"] + "/" + name)
      first(lambda: make("null", 0o020000, os.makedev(1, 3)), lambda: make("disk", 0o060000, os.makedev(8, 0)))`,
    outside: "may be refused",
  },
]

export const fileAttacks: Attack[] = [...readable, ...writable]
