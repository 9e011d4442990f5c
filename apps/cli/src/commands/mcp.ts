import { once } from "node:events"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import type { Context } from "../context.ts"
import { createMcpServer } from "../mcp/server.ts"
import { createFolderClient } from "../reading/client.ts"
import { watchForEnd } from "../run/ending.ts"

/** Serves one agent over stdin and stdout until it leaves or a signal comes; stdout carries the protocol alone. */
export async function run({ dataDir, version, output }: Context): Promise<void> {
  await using reading = createFolderClient(dataDir, version)
  const server = createMcpServer({ dataDir, client: () => reading.client() }, version)
  const ending = watchForEnd(output)
  try {
    const left = once(process.stdin, "end").then(() => null)
    await server.connect(new StdioServerTransport())
    const failure = await Promise.race([ending.requested, left])
    await server.close()
    if (failure !== null) throw failure.error
  } finally {
    process.stdin.destroy()
    ending.release()
  }
}
