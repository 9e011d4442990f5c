import type { ExperimentDetail } from "@spore/api/client"
import { getRouteApi } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { Card } from "../../components/card.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { plural } from "../../lib/format.ts"
import { Choice } from "../task/choice.tsx"
import { compareFacts } from "./compare-facts.ts"
import styles from "./compare-page.module.css"

const route = getRouteApi("/compare")

/** What was measured, where and by whom, as far as it differs. */
export function ComparedFacts({ a, b }: { a: ExperimentDetail; b: ExperimentDetail }): ReactNode {
  const { all } = route.useSearch()
  const navigate = route.useNavigate()
  const facts = compareFacts(a, b)
  const shown = all === true ? facts : facts.filter((fact) => fact.a !== fact.b)
  return (
    <Card
      title="What differs"
      aside={
        <Choice
          label="Facts"
          value={all === true ? "all" : "differences"}
          options={[
            ["differences", "differences"],
            ["all", "all"],
          ]}
          onChoose={(chosen) =>
            void navigate({
              search: (now) => ({ ...now, all: chosen === "all" ? true : undefined }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      }
    >
      {shown.length === 0 ? (
        <p className={styles.note}>Nothing that the records say of the two runs.</p>
      ) : (
        <table className={styles.facts}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Fact</span>
              </th>
              <th scope="col">A</th>
              <th scope="col">B</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((fact) => (
              <tr key={fact.group + fact.name} className={fact.a === fact.b ? styles.equal : undefined}>
                <th scope="row">
                  <VisibleText text={fact.name} max={64} />
                </th>
                <td>
                  <VisibleText text={fact.a} max={400} />
                </td>
                <td>
                  <VisibleText text={fact.b} max={400} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {all !== true && shown.length > 0 && shown.length < facts.length && (
        <p className={styles.note}>{plural(facts.length - shown.length, "other fact")} are the same.</p>
      )}
    </Card>
  )
}
