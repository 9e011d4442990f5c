import { join } from "node:path"

/** Bytes of it; what is more is moved aside. */
export const MAX_OUTPUT: number = 1024 * 1024

/** What a node in the background writes to stdout and stderr: next to nothing, but for what ends it. */
export function outputPath(dataDir: string): string {
  return join(dataDir, "logs", "service.log")
}
