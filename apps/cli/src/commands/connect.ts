import type { Context, Invocation } from "../context.ts"
import { commandNode } from "../folder/control.ts"
import { safeJson } from "../output/plain.ts"

/** Has the running node dial a peer and keep the connection; prints the peer's node id. */
export async function run({ dataDir, json, output }: Context, { args }: Invocation): Promise<void> {
  const [address = ""] = args
  const node = await commandNode(dataDir, { op: "connect", address })
  output.print(json ? safeJson({ node, address }) : (node ?? ""))
}
