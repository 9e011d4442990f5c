import { createSporeClient } from "../../src/client/index.ts"

/** The best of every task, then what arrives. */
export async function watch(url: string, tell: (line: string) => void, signal: AbortSignal): Promise<void> {
  const client = createSporeClient(url)
  for (const { name, standings } of (await client.tasks()).items) {
    const best = standings[0]?.best
    if (best) tell(`${name}: ${best.value} by ${best.node_name ?? best.node} (${best.verdict})`)
  }
  for await (const event of client.events({ types: ["fact"], signal })) {
    if (event.type === "fact") tell(`${event.seq}: ${event.data.kind} of ${event.data.node}`)
  }
}
