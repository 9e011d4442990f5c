import { once } from "node:events"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { createMcpServer } from "../mcp/server.ts"
import { createFolderClient } from "../reading/client.ts"
import { watchForEnd } from "../run/ending.ts"

/**
 * Serves one agent over stdin and stdout until it leaves or a signal comes; stdout carries the protocol alone.
 *
 * @throws SporeError `bad_usage` where a message has more than the 10 MiB that the SDK reads
 */
export async function run({ dataDir, version, output }: Context): Promise<void> {
  await using reading = createFolderClient(dataDir, version)
  const server = createMcpServer({ dataDir, client: () => reading.client() }, version)
  const ending = watchForEnd(output)
  try {
    const left = once(process.stdin, "end").then(() => null)
    // After such a message the SDK reads nothing more, so that the end of stdin is not seen.
    const broken = new Promise<{ error: unknown }>((resolve) => {
      // oxlint-disable-next-line unicorn/prefer-add-event-listener -- the SDK has no other way
      server.server.onclose = () => resolve({ error: tooLong() })
    })
    await server.connect(new StdioServerTransport())
    const failure = await Promise.race([ending.requested, left, broken])
    await server.close()
    if (failure !== null) throw failure.error
  } finally {
    process.stdin.destroy()
    ending.release()
  }
}

function tooLong(): Error {
  return cliError("bad_usage", "the agent sent a message of more than 10 MiB", {
    next: "start it again, and try large files by the command line: spore try",
  })
}
