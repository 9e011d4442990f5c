import type { Store } from "@spore/dag"
import { type Logger, messageOf } from "@spore/records"
import { createLedger, type Ledger, NOTHING_SPENT, type Spending } from "@spore/research"
import { z } from "zod"

/** The local key under which the sum of all runs is kept. */
export const SPENDING = "research-spending"

const amount = z.number().min(0)
const schema: z.ZodType<Spending> = z.strictObject({
  requests: amount,
  inputTokens: amount,
  outputTokens: amount,
  costUsd: amount.nullable(),
  seconds: amount,
  unpriced: amount,
})

/** The ledger of a data folder, and how to wait until it is written. */
export interface KeptLedger extends Ledger {
  flush(): Promise<void>
}

export async function loadLedger(store: Pick<Store, "getLocal" | "setLocal">, log: Logger): Promise<KeptLedger> {
  const text = await store.getLocal(SPENDING)
  const earlier = text === undefined ? null : schema.safeParse(JSON.parse(text))
  let saving: Promise<void> = Promise.resolve()
  const ledger = createLedger(earlier?.data ?? NOTHING_SPENT, (inAll) => {
    saving = saving
      .then(() => store.setLocal(SPENDING, JSON.stringify(inAll)))
      .catch((error: unknown) => log.error({ error: messageOf(error) }, "what proposals cost could not be kept"))
  })
  return { ...ledger, flush: () => saving }
}
