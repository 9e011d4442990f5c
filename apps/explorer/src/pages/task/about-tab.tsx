import type { TaskDetail } from "@spore/api/client"
import type { ReactNode } from "react"
import { Card, Facts } from "../../components/card.tsx"
import { CopyId, NodeName } from "../../components/ids.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatSeconds } from "../../lib/format.ts"
import { goalWords } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import styles from "./about-tab.module.css"

const REPLAY_WORDS: Record<TaskDetail["replay"]["mode"], string> = {
  exact:
    "Exact: the task fixes the seeds, and a rerun on hardware of the same class must give the same score within the tolerance.",
  artifact: "Artifact: the record carries what was made, and anybody can score it again, anywhere.",
  noisy:
    "Noisy: reruns use fresh seeds nobody can choose, and are compared with the claim against the measured noise of the class.",
}
const NETWORK_WORDS = "sporemesh 0.6: its results are kept as they were signed, and nothing of it is run here."
const BUDGET_WORDS = { wall: "seconds of wall time", steps: "steps", flops: "floating-point operations" }

/** The task's manifest in words. */
export function AboutTab({ task }: { task: TaskDetail }): ReactNode {
  const { metric, replay, budget } = task
  return (
    <div className={pageStyles.columns}>
      <div className={pageStyles.column}>
        <Card title="Description">
          <p className={styles.text}>
            {task.description === "" ? "The author left this empty." : <VisibleText text={task.description} />}
          </p>
        </Card>
        <Card title="How results are compared">
          <Facts
            rows={[
              [
                "Metric",
                <span key="m">
                  <VisibleText text={metric.name} max={64} />, {goalWords(metric)}
                  {metric.min_effect > 0 && `; differences below ${metric.min_effect} do not count`}
                </span>,
              ],
              ["Replay", REPLAY_WORDS[replay.mode]],
              ["Tolerance", `absolute ${replay.abs_tol}, relative ${replay.rel_tol}`],
              ["Runs per experiment", `${replay.replicates}`],
              [
                "Hardware class",
                task.class_keys.length === 0 ? "one for all machines" : `by ${task.class_keys.join(", ")}`,
              ],
              [
                "Budget",
                `${formatCount(budget.value)} ${BUDGET_WORDS[budget.type]}, stopped after ${formatSeconds(budget.kill_seconds)}`,
              ],
            ]}
          />
        </Card>
      </div>
      <div className={pageStyles.column}>
        <Card title="Manifest">
          <Facts
            rows={[
              ["Task id", <CopyId key="id" id={task.id} label="the task id" />],
              ["Author", task.node === null ? "nobody signed a manifest" : <NodeName key="n" id={task.node} />],
              ["Created", task.created === null ? "unknown" : <Ago key="t" time={task.created} />],
              ...(task.network === "spore" ? [] : [["Network", NETWORK_WORDS] as const]),
              ["Type", `${task.type}, ${task.artifact}`],
              ["Needs", needs(task)],
              [
                "Evaluator and frozen files",
                task.bundle === null ? "none" : <CopyId key="b" id={task.bundle} label="the bundle’s CID" />,
              ],
              [
                "Baseline code",
                task.baseline_code === null ? (
                  "none"
                ) : (
                  <CopyId key="c" id={task.baseline_code} label="the baseline’s CID" />
                ),
              ],
              ...task.datasets.map((dataset, i): [string, ReactNode] => [
                `Data set ${i + 1}`,
                <span key={dataset.name}>
                  <VisibleText text={dataset.name} max={128} />
                  {dataset.link !== null && <CopyId id={dataset.link} label="the data set’s CID" />}
                </span>,
              ]),
            ]}
          />
          <p className={styles.note}>
            Everything here is also at <a href={`/api/v1/tasks/${task.id}`}>the API</a>.
          </p>
        </Card>
      </div>
    </div>
  )
}

function needs({ requires }: TaskDetail): ReactNode {
  const entries = Object.entries(requires)
  if (entries.length === 0) return "nothing in particular"
  return <VisibleText text={entries.map(([name, version]) => `${name} ${version}`).join(", ")} max={400} />
}
