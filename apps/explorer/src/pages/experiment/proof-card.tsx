import type { ExperimentDetail } from "@spore/api/client"
import { useQuery } from "@tanstack/react-query"
import { getRouteApi } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { client } from "../../api.ts"
import { Card, Facts } from "../../components/card.tsx"
import { CopyId } from "../../components/ids.tsx"
import { ShapeIcon } from "../../components/shapes.tsx"
import { Failure, Loading } from "../../components/states.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import type { Check } from "./check-proof.ts"
import styles from "./proof-card.module.css"

const route = getRouteApi("/e/$experimentId")

/** What was checked in this browser of what the node says; undefined until it is, and where there is nothing signed. */
export function useProof(experiment: ExperimentDetail): {
  checks: Check[] | undefined
  error: Error | null
  retry: () => void
} {
  const { experimentId } = route.useParams()
  const { id, task, parent, code, node, claim, title, hypothesis } = experiment
  const proof = useQuery({
    // What the answer says is part of the key: it is checked again when that changes.
    queryKey: ["proof", experimentId, { id, task, parent, code, node, claim, title, hypothesis }],
    queryFn: async ({ signal }): Promise<Check[]> => {
      const [{ checkProof }, signed] = await Promise.all([import("./check-proof.ts"), client.proof(id, signal)])
      return checkProof(experimentId, experiment, signed)
    },
    enabled: experiment.status !== "withheld",
    staleTime: Infinity,
  })
  return { checks: proof.data, error: proof.error, retry: () => void proof.refetch() }
}

/** In a line: whether what is shown is what its author signed. */
export function ProofSummary({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { checks, error } = useProof(experiment)
  if (experiment.status === "withheld") return null
  if (error !== null) return <span className={styles.summary}>signature not checked</span>
  if (checks === undefined) return <span className={styles.summary}>checking the signature …</span>
  const wrong = checks.filter(({ isOk }) => !isOk)
  return (
    <a href="#proof" className={`${styles.summary} ${wrong.length === 0 ? styles.good : styles.bad}`}>
      {wrong.length === 0
        ? "signature checked in this browser"
        : `not what was signed: ${wrong.map(({ name }) => name.toLowerCase()).join(", ")}`}
    </a>
  )
}

/** The ids, and each check of the signed record by itself. */
export function ProofCard({ experiment }: { experiment: ExperimentDetail }): ReactNode {
  const { checks, error, retry } = useProof(experiment)
  const isWithheld = experiment.status === "withheld"
  return (
    <Card id="proof" title="Signed record" aside={checks !== undefined && "checked in this browser"}>
      <Facts
        rows={[
          ["Experiment", <CopyId key="e" id={experiment.id} label="the experiment id" />],
          ["Code", <CopyId key="c" id={experiment.code} label="the code’s CID" />],
          ["Author", <CopyId key="a" id={experiment.node} label="the author’s id" />],
        ]}
      />
      {isWithheld ? (
        <p className={styles.note}>Its signed bytes are withheld here.</p>
      ) : error !== null ? (
        <Failure error={error} retry={retry} />
      ) : checks === undefined ? (
        <Loading lines={6} height={220} />
      ) : (
        <ul className={styles.checks} aria-label="Checks">
          {checks.map(({ name, isOk, words }) => (
            <li key={name} className={isOk ? undefined : styles.bad}>
              <ShapeIcon shape={isOk ? "verified" : "crashed"} label={isOk ? "holds" : "does not hold"} />
              <span>
                <strong>{name}</strong> <VisibleText text={words} max={240} />
              </span>
            </li>
          ))}
        </ul>
      )}
      {!isWithheld && (
        <p className={styles.note}>
          Computed here from the <a href={`/api/v1/experiments/${experiment.id}/proof`}>payload and signature</a>: of
          the node nothing is believed but these bytes.
        </p>
      )}
    </Card>
  )
}
