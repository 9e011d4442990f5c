import { join } from "node:path"

/** Where the log of a running node is. */
export function logPath(dataDir: string): string {
  return join(dataDir, "logs", "node.log")
}
