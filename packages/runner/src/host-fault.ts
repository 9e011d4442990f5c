import type { EvaluationResult } from "./evaluation.ts"

/** Why an evaluation failed that says nothing about its candidate. */
export interface HostFault {
  detail: string
  /** The line that installs what is missing; null where that is not known. */
  next: string | null
}

/** Tells failures of candidates from those of this host. */
export interface HostFaults {
  /**
   * What is wrong with this host, or null where the result speaks for itself: it is ok, or the task's own baseline runs
   * here. The baseline is run once where that matters, and again 10 minutes later: hosts get mended, and break.
   *
   * @param task its id
   * @param result not `aborted`
   * @param runBaseline null where the result is the baseline's own, which never speaks against the task
   */
  of(
    task: string,
    result: EvaluationResult,
    runBaseline: (() => Promise<EvaluationResult>) | null,
  ): Promise<HostFault | null>
}

/** What a baseline came to is believed for so long. */
const TRY_AGAIN_MS = 10 * 60_000

/** @param now milliseconds of any clock */
export function createHostFaults(now: () => number): HostFaults {
  const known = new Map<string, { baseline: EvaluationResult; at: number }>()

  async function failedBaseline(
    task: string,
    runBaseline: () => Promise<EvaluationResult>,
  ): Promise<EvaluationResult | null> {
    const last = known.get(task)
    if (last !== undefined && now() < last.at + TRY_AGAIN_MS) return failure(last.baseline)
    const baseline = await runBaseline()
    if (baseline.outcome !== "aborted" && baseline.outcome !== "infra") known.set(task, { baseline, at: now() })
    return failure(baseline)
  }

  return {
    async of(task, result, runBaseline) {
      if (result.outcome === "ok") return null
      if (result.outcome === "infra" || runBaseline === null) return faultOf(result)
      const baseline = await failedBaseline(task, runBaseline)
      return baseline === null ? null : faultOf(result, baseline)
    },
  }
}

function failure(baseline: EvaluationResult): EvaluationResult | null {
  return baseline.outcome === "ok" ? null : baseline
}

function faultOf(result: EvaluationResult, baseline = result): HostFault {
  const missing = baseline.missing ?? result.missing
  return { detail: baseline.detail, next: missing?.install ?? null }
}
