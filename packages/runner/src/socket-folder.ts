import { once } from "node:events"
import { chmod, mkdir } from "node:fs/promises"
import type { Server } from "node:net"
import { join } from "node:path"
import { createTemporaryFolder } from "./owned-folder.ts"

/** A server's socket to be shown to a sandbox. Disposed of, the server accepts no more. */
export interface SocketFolder extends AsyncDisposable {
  /** Host folder that holds `socket` and nothing else. */
  readonly path: string
}

/** Lets a server listen where the user that a sandbox picks may connect, and no other of the host. */
export async function listenInFolder(server: Server): Promise<SocketFolder> {
  const root = await createTemporaryFolder()
  const end = async (): Promise<void> => {
    server.close()
    await root[Symbol.asyncDispose]()
  }
  // the root keeps others out; the sandbox's user gets to see the folder within alone
  const path = join(root.path, "c")
  const socket = join(path, "socket")
  try {
    await mkdir(path)
    await chmod(path, 0o755)
    server.listen(socket)
    await once(server, "listening")
    await chmod(socket, 0o666)
    return { path, [Symbol.asyncDispose]: end }
  } catch (error) {
    await end()
    throw error
  }
}
