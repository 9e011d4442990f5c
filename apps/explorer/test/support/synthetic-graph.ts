import type { Graph, Status, Verdict } from "@spore/api/client"

const STATUSES: Status[] = ["keep", "discard", "crash", "unranked", "withheld"]
const VERDICTS: Verdict[] = ["unverified", "reproduced", "regressed", "suspect", "challenged", "upheld", "refuted"]
const IDEAS = ["GQA kv_heads=2", "muon lr 0.02 → 0.03", "RoPE base 50k", "qk-norm", "swiglu → relu²", "warmdown 0.4"]

/** Numbers in [0, 1) that a seed determines (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * The graph of a search as they look: a metric that falls fast and then slowly, most tries discarded near the best, one
 * in six kept, some crashed, a few claims that reruns refute, several lines that were left behind.
 */
export function syntheticGraph(count: number, task = "t", seed = 7): Graph {
  const random = seeded(seed)
  const columns: Graph["columns"] = {
    seq: [],
    parent: [],
    value: [],
    status: [],
    verdict: [],
    reproduced_by: [],
    voters: [],
    error: [],
    flags: [],
    created: [],
    node: [],
  }
  const floor = 0.92
  // Kept ones that are built on, most promising last.
  const heads: { seq: number; value: number }[] = []
  const steps: Graph["steps"] = []
  let best = Number.POSITIVE_INFINITY
  let created = 1_760_000_000
  for (let i = 0; i < count; i++) {
    const seq = 3 + i * 2
    const back =
      random() < 0.85 ? Math.floor(random() ** 2 * Math.min(6, heads.length)) : Math.floor(random() * heads.length)
    const parent = heads[heads.length - 1 - back]
    const gap = (parent?.value ?? 1.12) - floor
    const crashed = i > 0 && random() < 0.06
    // What is possible falls fast, then slowly; what comes close to it cannot be improved on.
    const possible = 0.2 * (1 + (300 * i) / Math.max(2000, count)) ** -0.7
    const improved = Math.max(possible * (1 + random()), gap * (1 - 0.12 * random() ** 2))
    const isKept = i === 0 || (!crashed && improved < gap * 0.985)
    const forged = isKept && i > 20 && random() < 0.004
    const value = forged
      ? floor - 0.05 * random()
      : isKept
        ? floor + (i === 0 ? gap : improved)
        : floor + gap * (1 + 0.02 + 1.2 * random() ** 4) + 0.004 * random() ** 3
    const rerun = isKept && random() < 0.3
    columns.seq.push(seq)
    columns.parent.push(parent?.seq ?? 0)
    columns.value.push(crashed ? null : Number(value.toFixed(6)))
    columns.status.push(crashed ? 2 : isKept ? 0 : 1)
    columns.verdict.push(forged ? 6 : rerun ? 1 : 0)
    columns.reproduced_by.push(rerun ? 2 : 0)
    columns.voters.push(rerun ? 2 : forged ? 3 : 0)
    columns.error.push(rerun ? 0.0012 : null)
    columns.flags.push(0)
    created += Math.floor(20 + 200 * random() ** 3 + (random() < 0.0005 ? 40_000 : 0))
    columns.created.push(created)
    columns.node.push(Math.floor(random() * 12))
    if (!isKept || forged) continue
    const place = heads.findLastIndex((head) => head.value >= value) + 1
    heads.splice(place, 0, { seq, value })
    if (heads.length > 400) heads.splice(Math.floor(random() * 300), 1)
    if (value < best) {
      best = value
      steps.push({ seq, number: i + 1, value, created, title: IDEAS[i % IDEAS.length] ?? "" })
    }
  }
  const leader = steps.at(-1)?.seq
  for (const [i, seq] of columns.seq.entries()) if (seq === leader || i === 0) columns.flags[i] = 2 + (i === 0 ? 0 : 4)
  return {
    task,
    class: "",
    seq: 3 + count * 2,
    since: 0,
    statuses: STATUSES,
    verdicts: VERDICTS,
    nodes: Array.from({ length: 12 }, (_, i) => `12D3KooWSynthetic${String(i).padStart(2, "0")}`),
    columns,
    steps: steps.slice(0, 100),
  }
}
