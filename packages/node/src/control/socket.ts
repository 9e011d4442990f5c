import { createHash } from "node:crypto"
import { lstat, mkdir, mkdtemp, readlink, rm, rmdir, stat, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { SporeError, hasErrorCode } from "@spore/records"
import type { ControlErrorCode } from "./protocol.ts"

/** Longest path of a Unix socket that every system takes. */
const MAX_SOCKET_PATH = 100

/**
 * Where the node of a data folder takes requests.
 *
 * @throws SporeError `control_unsafe` where another user could have put it there
 */
export async function findSocket(dataDir: string): Promise<string> {
  if (process.platform === "win32") return pipeName(dataDir)
  const place = join(dataDir, "control.sock")
  const path = (await linkTarget(place)) ?? place
  for (const folder of new Set([dataDir, dirname(path)])) {
    await assertOwn(folder).catch((error: unknown) => {
      if (!hasErrorCode(error, "ENOENT")) throw error
    })
  }
  return path
}

/** A free place to listen, as `findSocket` finds it; what a killed node left is removed. */
export interface SocketPlace extends AsyncDisposable {
  readonly path: string
  /** What a client looks for: the same, or a link to it. */
  readonly entry: string
}

/**
 * @throws SporeError `control_unsafe` where others may write to the folder
 */
export async function prepareSocket(dataDir: string): Promise<SocketPlace> {
  if (process.platform === "win32") {
    const path = pipeName(dataDir)
    return { path, entry: path, [Symbol.asyncDispose]: async () => undefined }
  }
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await assertOwn(dataDir)
  const place = join(dataDir, "control.sock")
  await removeSocket(place)
  const path = Buffer.byteLength(place) <= MAX_SOCKET_PATH ? place : await placeElsewhere(place)
  return { path, entry: place, [Symbol.asyncDispose]: () => removeSocket(place) }
}

/** Begins the names of folders for sockets, in the folder for temporary files. */
const ELSEWHERE = "spore-control-"

/** Where the path is too long for a socket, it is in a new folder of this user's own, and a link leads there. */
async function placeElsewhere(place: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), ELSEWHERE)), "control.sock")
  await symlink(path, place)
  return path
}

async function removeSocket(place: string): Promise<void> {
  const target = await linkTarget(place)
  if (target !== null && isElsewhere(target)) await removeElsewhere(target)
  await rm(place, { force: true })
}

/** Whether a link leads to where this program puts sockets: a data folder that was handed over may have any link. */
function isElsewhere(target: string): boolean {
  const folder = dirname(target)
  return basename(target) === "control.sock" && dirname(folder) === tmpdir() && basename(folder).startsWith(ELSEWHERE)
}

async function removeElsewhere(target: string): Promise<void> {
  const folder = dirname(target)
  // Neither through a link, nor another user's, nor anything but a socket.
  const [parent, socket] = await Promise.all([folder, target].map((path) => lstat(path).catch(() => null)))
  if (parent?.isDirectory() !== true || parent.uid !== process.getuid?.() || socket?.isSocket() === false) return
  await rm(target, { force: true })
  await rmdir(folder).catch(() => undefined)
}

async function linkTarget(path: string): Promise<string | null> {
  try {
    return await readlink(path)
  } catch {
    return null
  }
}

/** Nobody but this user, or the superuser, may put another socket in its place. */
async function assertOwn(folder: string): Promise<void> {
  const { uid, mode } = await stat(folder)
  const own = process.getuid?.()
  const isOwn = own === undefined || own === 0 || uid === own || uid === 0
  if (isOwn && (mode & 0o022) === 0) return
  throw new SporeError<ControlErrorCode>(
    "control_unsafe",
    `others may write to ${folder}, where the control socket is`,
    {
      next: `chmod go-w ${folder}`,
    },
  )
}

function pipeName(dataDir: string): string {
  return `\\\\.\\pipe\\spore-${createHash("sha256").update(dataDir).digest("hex").slice(0, 16)}`
}
