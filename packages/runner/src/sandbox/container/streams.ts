import { createServer, type Socket } from "node:net"
import { once } from "node:events"
import { listenInFolder } from "../../socket-folder.ts"
import { INSIDE } from "../inside.ts"
import type { JobStreams } from "../sandbox.ts"

/** Where the socket's folder appears. No mount of a job can have this name: see command.ts. */
const FOLDER = `${INSIDE.own}.streams`

/**
 * Arguments: the socket; the program and its arguments. Hands the connection to the program as its stdin and stdout, and
 * ends as it does.
 */
const LAUNCHER = `
const [socket, program, ...args] = process.argv.slice(1)
const connection = require("node:net").connect(socket, () => {
  const child = require("node:child_process").spawn(program, args, { stdio: [connection, connection, 2] })
  connection.destroy()
  child.on("error", () => process.exit(127))
  child.on("exit", (code, signal) => process.exit(code ?? 128 + require("node:os").constants.signals[signal]))
})
`

/** A job's streams, as a socket that a program in the container is connected to. */
export interface ContainerStreams extends AsyncDisposable {
  /** Host folder to be shown read-only at `inside`. */
  readonly folder: string
  readonly inside: string
  /** The command that runs `command` with the streams. */
  launch(command: readonly string[]): string[]
  /** Waits until everything that the program wrote has been taken; not at all where it never connected. */
  drained(): Promise<void>
  /** Drops what has not been taken. */
  drop(): void
}

/** Serves one program's streams. */
export async function serveStreams(streams: JobStreams): Promise<ContainerStreams> {
  let ended: Promise<unknown> | null = null
  let connection: Socket | null = null
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    server.close()
    socket.on("error", () => undefined)
    ended = once(socket, "close")
    connection = socket
    streams.stdin.pipe(socket)
    socket.pipe(streams.stdout, { end: false })
    socket.once("end", () => socket.destroySoon())
  })
  const drop = (): void => void connection?.destroy()
  server.maxConnections = 1
  const folder = await listenInFolder(server)
  return {
    folder: folder.path,
    inside: FOLDER,
    launch: (command) => [INSIDE.node, "-e", LAUNCHER, `${FOLDER}/socket`, ...command],
    drained: async () => void (await ended),
    drop,
    async [Symbol.asyncDispose]() {
      drop()
      await folder[Symbol.asyncDispose]()
    },
  }
}
