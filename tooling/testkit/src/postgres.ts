import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync } from "node:fs"
import { chown, readFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "./folder.ts"
import { until } from "./until.ts"

/** What a developer without the server's binaries has to type. */
export const POSTGRES_INSTALL = "apt-get install postgresql"

/** A private PostgreSQL server, on a socket in its own folder: no port, no network. */
export interface PostgresServer extends AsyncDisposable {
  readonly url: string
}

/** The folder of the newest installed server's binaries, where Debian and others put them; undefined without one. */
export function findPostgres(): string | undefined {
  const root = "/usr/lib/postgresql"
  if (!existsSync(root)) return undefined
  return readdirSync(root)
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(root, version, "bin"))
    .find((folder) => existsSync(join(folder, "initdb")))
}

/**
 * Starts a server on an empty cluster in the folder for temporary files; disposing stops it and removes the folder.
 * It does not wait for the disk: what it holds does not outlive the test.
 *
 * @throws Error when the binaries are missing, or the server does not come up
 */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = findPostgres()
  if (binaries === undefined) throw new Error(`PostgreSQL is not installed: ${POSTGRES_INSTALL}`)
  const folder = await temporaryFolder()
  const user = serverUser()
  if (user !== undefined) await chown(folder.path, user.uid, user.gid)
  const options = { cwd: folder.path, stdio: "pipe", ...user } as const
  const data = join(folder.path, "data")
  execFileSync(
    join(binaries, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    options,
  )
  const settings = { listen_addresses: "", unix_socket_directories: folder.path, fsync: "off", autovacuum: "off" }
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  const server = spawn(join(binaries, "postgres"), ["-D", data, ...flags], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
  })
  let said = ""
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-4000)
    })
  }
  const exited = once(server, "exit")
  const stop = async (): Promise<void> => {
    // Immediate: without waiting for connections, and nothing is kept anyway.
    if (server.exitCode === null && server.signalCode === null) server.kill("SIGQUIT")
    await exited
    await folder[Symbol.asyncDispose]()
  }
  try {
    await until(
      async () => {
        if (server.exitCode !== null) return "exited"
        // The last line of the file says how far the server has come.
        return /\bready\b/.test(await readFile(join(data, "postmaster.pid"), "utf8")) ? "ready" : null
      },
      { what: "a PostgreSQL server", timeoutMs: 30_000 },
    )
    if (server.exitCode !== null) throw new Error(`PostgreSQL did not start: ${said}`)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    url: `postgres://postgres@localhost/postgres?host=${encodeURIComponent(folder.path)}`,
    [Symbol.asyncDispose]: stop,
  }
}

/** The server refuses to run as root: Debian's package comes with a user for it. */
function serverUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  return { uid: idOfServer("-u"), gid: idOfServer("-g") }
}

function idOfServer(flag: string): number {
  return Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
}
