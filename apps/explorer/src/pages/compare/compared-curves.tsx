import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { type ReactNode, useMemo } from "react"
import { queries } from "../../api.ts"
import { Card } from "../../components/card.tsx"
import { LossCurves } from "../experiment/loss-curve.tsx"
import { type Curve, readCurves } from "../experiment/loss-curve-points.ts"

/** The loss curves of both over each other. Absent where neither log tells one. */
export function ComparedCurves({ a, b }: { a: ExperimentDetail; b: ExperimentDetail }): ReactNode {
  const [ofA, ofB] = [useCurves(a), useCurves(b)]
  if (ofA.length === 0 && ofB.length === 0) return null
  return (
    <Card title="Loss curves">
      <LossCurves
        sets={[
          { label: "A", tone: "second", curves: ofA },
          { label: "B", tone: "first", curves: ofB },
        ]}
      />
    </Card>
  )
}

function useCurves(experiment: ExperimentDetail): readonly Curve[] {
  const log = useQuery({ ...queries.log(experiment.id), enabled: experiment.log?.held === true })
  const text = log.data?.text ?? null
  return useMemo(() => (text === null ? [] : readCurves(text)), [text])
}
