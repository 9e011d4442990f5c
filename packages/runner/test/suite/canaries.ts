import { type ChildProcess, spawn } from "node:child_process"
import { createSocket, type Socket } from "node:dgram"
import { once } from "node:events"
import { chmod, chown, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type ListenOptions, type Server } from "node:net"
import { hostname, networkInterfaces, tmpdir } from "node:os"
import { join } from "node:path"

/** What the attacks are aimed at, by the variables through which attacks find it. */
export interface Canaries extends AsyncDisposable {
  env: Record<string, string>
}

const SOMEBODY_ELSE = 65533

/** Puts up everything an attack may be aimed at: files, a process, servers. All of it tells the same fresh secret. */
export async function placeCanaries(): Promise<Canaries> {
  const folder = await mkdtemp(join(tmpdir(), "spore-canaries-"))
  const word = crypto.randomUUID()
  const abstract = `spore-${crypto.randomUUID()}`
  await chmod(folder, 0o755)
  const files = await placeFiles(folder, word)
  const outside = addressOfThisMachine()
  const servers = await Promise.all(
    [
      { host: "127.0.0.1", port: 0 },
      { host: "::1", port: 0 },
      { host: outside ?? "127.0.0.1", port: 0 },
      { path: `\0${abstract}` },
      { path: join(folder, "socket") },
    ].map((options) => listen(options, word)),
  )
  const dns = await answerNames(word)
  const victim = await startVictim(word, files.KEY_FILE)
  const [tcp, tcp6, away] = servers.map(portOf)
  return {
    env: {
      ...files,
      SECRET: word,
      OPEN_FOLDER: folder,
      TCP_PORT: `${tcp}`,
      TCP6_PORT: `${tcp6}`,
      OUTSIDE_ADDRESS: outside ?? "",
      OUTSIDE_PORT: `${away}`,
      DNS_PORT: `${dns.address().port}`,
      ABSTRACT_SOCKET: abstract,
      SOCKET_FILE: join(folder, "socket"),
      HOST_NAME: hostname(),
      VICTIM: `${victim.pid}`,
    },
    async [Symbol.asyncDispose]() {
      victim.kill("SIGKILL")
      dns.close()
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
      await rm(folder, { recursive: true })
    },
  }
}

async function placeFiles(
  folder: string,
  word: string,
): Promise<Record<"KEY_FILE" | "SSH_KEY" | "OTHER_HOME", string>> {
  const [identity, ssh, home] = [join(folder, "spore"), join(folder, "me", ".ssh"), join(folder, "somebody")]
  await mkdir(identity, { mode: 0o700 })
  await mkdir(ssh, { recursive: true, mode: 0o700 })
  await writeFile(join(identity, "identity.pem"), word, { mode: 0o600 })
  await writeFile(join(ssh, "id_ed25519"), word, { mode: 0o600 })
  const files = { KEY_FILE: join(identity, "identity.pem"), SSH_KEY: join(ssh, "id_ed25519") }
  // only root can make a file of somebody else; what others find is root's own home
  if (process.getuid?.() !== 0) return { ...files, OTHER_HOME: "/root" }
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, "canary"), word, { mode: 0o600 })
  for (const path of [join(home, "canary"), home]) await chown(path, SOMEBODY_ELSE, SOMEBODY_ELSE)
  return { ...files, OTHER_HOME: home }
}

/** One that is not on loopback, so that a way to it would lead on to others; undefined where it has none. */
function addressOfThisMachine(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find(({ internal, family }) => !internal && family === "IPv4")?.address
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

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** A name server on loopback whose every answer is a text record with the secret. */
async function answerNames(word: string): Promise<Socket> {
  const server = createSocket("udp4")
  server.on("message", (query, from) => {
    // the question's name, type and class, of which only the name has no fixed size
    const question = query.subarray(12, query.indexOf(0, 12) + 5)
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0])
    const text = Buffer.from(word)
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, text.length + 1, text.length])
    server.send(Buffer.concat([header, question, record, text]), from.port, from.address)
  })
  server.bind(0, "127.0.0.1")
  await once(server, "listening")
  return server
}

/** A process of the host with a secret in its environment, and so in its memory, and with the key file open. */
async function startVictim(word: string, keyFile: string): Promise<ChildProcess> {
  const victim = spawn("/bin/sh", ["-c", `exec 9<"$1"; echo up; exec sleep 1000`, "sh", keyFile], {
    env: { PATH: "/usr/bin:/bin", VICTIM_SECRET: word },
    stdio: ["ignore", "pipe", "ignore"],
  })
  await once(victim.stdout, "data")
  return victim
}
