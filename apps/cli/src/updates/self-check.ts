import { existsSync } from "node:fs"
import { lstat, mkdir, mkdtemp, rm, stat, statfs } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { backup, DatabaseSync } from "node:sqlite"
import { createApi, serveApi } from "@spore/api"
import { createSporeClient, type NodeStatus } from "@spore/api/client"
import { createSporeNode } from "@spore/node"
import { createUndo, dataPaths } from "@spore/node/local"
import { createIdentity, type Logger, SporeError } from "@spore/records"
import { explorerDir } from "../explorer/bundle.ts"

/** The copy, and what migrating it takes beside it. */
const ROOM = 2.2

/**
 * Starts a node of this version on a copy of a data folder's database, reaching nobody, asks it for its status over
 * HTTP, and ends it. The data folder stays as it is, and a node may run on it.
 *
 * @throws SporeError `disk_full` and whatever keeps the node from working
 */
export async function selfCheck(dataDir: string, version: string, log: Logger): Promise<NodeStatus> {
  const undo = createUndo(log)
  try {
    const folder = await emptyFolder(dataDir)
    undo.push("folder", () => rm(folder, { recursive: true, force: true }))
    await copyDatabase(dataPaths(dataDir).database, dataPaths(folder).database)
    const node = await createSporeNode({
      dataDir: folder,
      identity: createIdentity(),
      mode: "sync",
      listen: ["/ip4/127.0.0.1/tcp/0"],
      discovery: { exchange: false, lan: false, mdns: false },
      version,
      log,
    })
    undo.push("node", () => node.stop())
    const server = await serveApi(createApi({ node, explorerDir: explorerDir(), version, log }), { port: 0 })
    undo.push("explorer", () => server.close())
    await node.start()
    return await createSporeClient(server.url).status(AbortSignal.timeout(60_000))
  } finally {
    await undo.run()
  }
}

/** In the data folder, whose disk has to hold such a copy anyway; what a check that was killed left is removed. */
async function emptyFolder(dataDir: string): Promise<string> {
  if (!existsSync(dataDir)) return mkdtemp(join(tmpdir(), "spore-self-check-"))
  const cache = join(dataDir, "cache")
  // A link may lead anywhere: what is below is deleted.
  if ((await lstat(cache).catch(() => null))?.isSymbolicLink() === true) await rm(cache)
  const folder = join(cache, "self-check")
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

async function copyDatabase(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return
  const { size } = await stat(from)
  const { bavail, bsize } = await statfs(join(to, ".."))
  if (bavail * bsize < size * ROOM) {
    const needed = Math.ceil((size * ROOM) / 1024 ** 2)
    throw new SporeError("disk_full", `the self-check needs ${needed} MiB for a copy of the database`, {
      next: "free some room",
    })
  }
  const database = new DatabaseSync(from, { readOnly: true })
  try {
    await backup(database, to)
  } finally {
    database.close()
  }
}
