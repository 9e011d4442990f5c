import { verdictWords } from "@spore/api/views"
import type { ExperimentRow } from "@spore/dag"

/** What reruns say of an experiment, `reproduced 2/2`: the words of API and explorer. */
export function wordsOf({
  verdict,
  reproducedBy,
  voters,
}: Pick<ExperimentRow, "verdict" | "reproducedBy" | "voters">): string {
  return verdictWords({ verdict, reproduced_by: reproducedBy, voters })
}
