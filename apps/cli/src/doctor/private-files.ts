import { access, constants, lstat, stat, statfs } from "node:fs/promises"
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { messageOf } from "@spore/records"
import { type Finding, finding } from "./finding.ts"

/** File systems by their number in Linux's `statfs`, which SQLite's locks and sockets cannot rely on. */
const REMOTE: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9P"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
])
const TMPFS = 0x01021994

/** What holds something of the keeper's, besides the key, which has a check of its own. */
const PRIVATE = ["config.toml", "models.json", "logs", "spore.sqlite", "control.sock"]

/** A folder that is not there yet can be made if the nearest existing one above it can be written to. */
export async function checkFolder(dataDir: string): Promise<Finding[]> {
  let existing = dataDir
  while (!existsSync(existing)) existing = dirname(existing)
  try {
    await access(existing, constants.W_OK | constants.X_OK)
  } catch (error) {
    return [finding("data folder", "fail", `${dataDir}: ${messageOf(error)}`, "give another folder with --data-dir")]
  }
  if (existing !== dataDir) return [finding("data folder", "warn", `${dataDir} does not exist yet`, "spore init")]
  const found = [...(await checkModes(dataDir)), ...(await checkFileSystem(dataDir))]
  return found.length === 0 ? [finding("data folder", "ok", dataDir)] : found
}

async function checkModes(dataDir: string): Promise<Finding[]> {
  if (process.platform === "win32") return []
  const { mode } = await stat(dataDir)
  // Nobody else gets in.
  if ((mode & 0o077) === 0) return []
  const open: string[] = (mode & 0o022) === 0 ? [] : [dataDir]
  for (const path of PRIVATE.map((name) => join(dataDir, name))) {
    const found = await lstat(path).catch(() => null)
    if (found !== null && !found.isSymbolicLink() && (found.mode & 0o077) !== 0) open.push(path)
  }
  if (open.length === 0) return []
  return [finding("data folder", "warn", `open to others: ${open.join(", ")}`, `chmod go-rwx ${dataDir}`)]
}

async function checkFileSystem(dataDir: string): Promise<Finding[]> {
  if (process.platform !== "linux") return []
  const { type } = await statfs(dataDir)
  const remote = REMOTE.get(type)
  const next = "give a folder on a disk of this machine with --data-dir"
  if (remote !== undefined) {
    const message = `${dataDir} is on ${remote}: locks of the database and the control socket do not hold there`
    return [finding("data folder", "warn", message, next)]
  }
  if (type === TMPFS) {
    return [finding("data folder", "warn", `${dataDir} is in memory: it is gone when the machine restarts`, next)]
  }
  return []
}
