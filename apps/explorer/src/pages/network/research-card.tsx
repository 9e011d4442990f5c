import type { ResearchStatus } from "@spore/api/client"
import type { ReactNode } from "react"
import { Card, Facts } from "../../components/card.tsx"
import { Claims } from "../../components/claims.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { plural } from "../../lib/format.ts"
import { researchWords, spentInAll } from "../../lib/research.ts"

/** Who proposes what to try here, what that took beside its limits, and what others try meanwhile. */
export function ResearchCard({ research }: { research: ResearchStatus }): ReactNode {
  const { workers, claims } = research
  const { made, spent } = researchWords(research)
  const inAll = spentInAll(research)
  return (
    <Card title="Research" aside={plural(workers, "worker")}>
      <Facts
        rows={[
          ["This run", made],
          ["Spent", <VisibleText key="s" text={spent} max={200} />],
          ...(inAll === null ? [] : [["In all runs", inAll] as const]),
          ["Tried elsewhere", claims.length === 0 ? "nothing that is heard of" : <Claims key="c" claims={claims} />],
        ]}
      />
    </Card>
  )
}
