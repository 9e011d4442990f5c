import type { Store } from "@spore/dag"
import { type CID, DAG_PB, parseLink, RAW } from "@spore/records"
import { z } from "zod"
import { KEPT_PROPOSALS } from "./research/kept.ts"

const schema = z.array(z.looseObject({ code: z.string() }))

/** Code of proposals that wait to be run, and that no fact names yet: what a model was paid for. */
export async function proposalArtifacts(store: Pick<Store, "getLocal">): Promise<CID[]> {
  const parsed = schema.safeParse(JSON.parse((await store.getLocal(KEPT_PROPOSALS)) ?? "[]"))
  return parsed.success ? parsed.data.map(({ code }) => parseLink(code, RAW, DAG_PB)) : []
}
