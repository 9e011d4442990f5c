import type { CopyInit, CopyPlan } from "./plan.ts"

/** Experiments that are looked at to tell what all take. */
const SAMPLE = 16
/** What lists and columns take of each. */
const ROW = 1400

/** Bytes that a copy will take, about, without the explorer's own pages. */
export async function estimateCopy(
  { client, code = true, logs = true }: Omit<CopyInit, "sink">,
  plan: CopyPlan,
): Promise<number> {
  const rows = plan.tasks.flatMap((task) => task.rows)
  const step = Math.max(1, Math.floor(rows.length / SAMPLE))
  const sample = rows.filter((_, i) => i % step === 0)
  if (sample.length === 0) return 0
  const codes = new Set(rows.map((row) => row.code)).size
  let pages = 0
  let code0 = 0
  for (const { id } of sample) {
    const detail = await client.experiment(id)
    const parts = await Promise.all([client.comparison(id), client.verifications(id), client.disputes(id)])
    pages += sizeOf(detail) + sizeOf(parts)
    if (logs && detail.log?.held === true) pages += (await client.blobText(detail.log.cid)).length
    if (code) code0 += sizeOf(await client.code(id))
  }
  return Math.round(rows.length * (ROW + pages / sample.length) + (codes * code0) / sample.length)
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length
}
