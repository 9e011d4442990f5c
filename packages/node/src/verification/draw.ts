import { createHmac, randomBytes } from "node:crypto"
import type { Store } from "@spore/dag"
import { fromHex } from "@spore/records"

/** The local key of this node's secret. */
export const VERIFY_SECRET = "verify-secret"

/** A number from 0 up to 1 for each id, the same after a restart, that nobody without this node's secret can foretell. */
export async function loadDraw(store: Pick<Store, "getLocal" | "setLocal">): Promise<(id: string) => number> {
  const secret = await loadSecret(store)
  return (id) => createHmac("sha256", secret).update(id).digest().readUIntBE(0, 6) / 2 ** 48
}

async function loadSecret(store: Pick<Store, "getLocal" | "setLocal">): Promise<Uint8Array> {
  const known = fromHex((await store.getLocal(VERIFY_SECRET)) ?? "")
  if (known !== null && known.length === 32) return known
  const made = randomBytes(32)
  await store.setLocal(VERIFY_SECRET, made.toString("hex"))
  return made
}
