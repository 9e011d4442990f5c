import type { Context, Invocation } from "../context.ts"
import { commandNode } from "../folder/control.ts"
import { askRunning } from "../folder/live.ts"
import { matchNode } from "../ids.ts"
import { plain, safeJson } from "../output/plain.ts"

/** Has the running node let a peer go. It is dialled no more until `spore connect` or a restart asks for it. */
export async function run({ dataDir, json, output }: Context, { args }: Invocation): Promise<void> {
  const [text = ""] = args
  const peer = await peerNamed(dataDir, text)
  await commandNode(dataDir, { op: "disconnect", peer })
  output.print(json ? safeJson({ peer, connected: false }) : `disconnected ${plain(peer)}`)
}

/** The connected peer that the beginning of a node id stands for; an address as it is. */
async function peerNamed(dataDir: string, text: string): Promise<string> {
  if (/[:/]/.test(text)) return text
  const live = await askRunning(dataDir)
  return matchNode(live?.status?.peers.map(({ node }) => node) ?? [], text) ?? text
}
