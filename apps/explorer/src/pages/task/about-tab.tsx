import type { TaskDetail } from "@spore/api/client"
import { Link } from "@tanstack/react-router"
import type { ReactNode } from "react"
import { Card, Facts } from "../../components/card.tsx"
import { CopyId, NodeName } from "../../components/ids.tsx"
import { Ago } from "../../components/time.tsx"
import { VisibleText } from "../../components/visible-text.tsx"
import { formatCount, formatSeconds, plural } from "../../lib/format.ts"
import { webAddress } from "../../lib/text.ts"
import { goalWords, taskArgument } from "../../lib/words.ts"
import pageStyles from "../page.module.css"
import styles from "./about-tab.module.css"

const REPLAY_WORDS: Record<TaskDetail["replay"]["mode"], string> = {
  exact: "Exact: the task fixes the seeds, and a rerun on hardware of the same class must give the same score.",
  artifact: "Artifact: the record carries what was made, and anybody can score it again, anywhere.",
  noisy:
    "Noisy: reruns use fresh seeds nobody can choose, and are compared with the claim against the measured noise of the class.",
}
const LEGACY_WORDS =
  "A task of the sporemesh 0.6 network. Nobody signed a manifest there, so what is said here follows from its results. They are kept as they were signed; nothing of it is run here."
const BUDGET_WORDS = { wall: "seconds of wall time", steps: "steps", flops: "floating-point operations" }
const CLASS_WORDS: Record<string, string> = {
  arch: "processor architecture",
  os: "operating system",
  accelerator: "accelerator",
}

/** The task's manifest in words, and how to take part. */
export function AboutTab({ task }: { task: TaskDetail }): ReactNode {
  const isLegacy = task.network !== "spore"
  return (
    <div className={pageStyles.columns}>
      <div className={pageStyles.column}>
        <Card title="What it asks for">
          <p className={styles.text}>
            {task.description === "" ? (
              <span className={styles.muted}>{isLegacy ? "Nothing describes it." : "The author left this empty."}</span>
            ) : (
              <VisibleText text={task.description} />
            )}
          </p>
          {isLegacy && <p className={styles.note}>{LEGACY_WORDS}</p>}
        </Card>
        <Comparing task={task} />
        {!isLegacy && <TakePart task={task} />}
      </div>
      <div className={pageStyles.column}>
        <Manifest task={task} isLegacy={isLegacy} />
      </div>
    </div>
  )
}

function Comparing({ task }: { task: TaskDetail }): ReactNode {
  const { metric, replay, budget } = task
  return (
    <Card title="How results are compared">
      <Facts
        rows={[
          [
            "Metric",
            <span key="m">
              <VisibleText text={metric.name} max={64} />
              {metric.unit !== "" && (
                <>
                  {" in "}
                  <VisibleText text={metric.unit} max={32} />
                </>
              )}
              , {goalWords(metric)}
              {metric.min_effect > 0 && `; differences below ${metric.min_effect} do not count`}
            </span>,
          ],
          ["Replay", REPLAY_WORDS[replay.mode]],
          ["Tolerance", toleranceWords(replay)],
          ["Runs per experiment", runsWords(replay)],
          [
            "Hardware class",
            task.class_keys.length === 0
              ? "One for all machines."
              : `One for each ${task.class_keys.map(classKeyWords).join(" and ")}: scores are only compared within it.`,
          ],
          [
            "Budget",
            `${formatCount(budget.value)} ${BUDGET_WORDS[budget.type]}, stopped after ${formatSeconds(budget.kill_seconds)}`,
          ],
        ]}
      />
    </Card>
  )
}

function TakePart({ task }: { task: TaskDetail }): ReactNode {
  const name = taskArgument(task)
  return (
    <Card title="Take part">
      <Facts
        rows={[
          ["Search", <code key="r">spore run --task {name}</code>],
          ["Only rerun others", <code key="v">spore run --task {name} --verify-only</code>],
          ["Best so far", <code key="f">spore frontier --task {name}</code>],
          ...(task.bundle === null
            ? []
            : [
                [
                  "Read the evaluator",
                  <code key="b" className={styles.long}>
                    spore artifact get {task.bundle}
                  </code>,
                ] as const,
              ]),
          ["Make a task like it", <code key="n">spore task new</code>],
        ]}
      />
    </Card>
  )
}

function Manifest({ task, isLegacy }: { task: TaskDetail; isLegacy: boolean }): ReactNode {
  return (
    <Card title="Manifest">
      <Facts
        rows={[
          ["Task id", <CopyId key="id" id={task.id} label="the task id" />],
          [
            "Author",
            task.node === null ? "nobody signed a manifest" : <NodeName key="n" id={task.node} name={task.node_name} />,
          ],
          ["Created", task.created === null ? "unknown" : <Ago key="t" time={task.created} />],
          ["Type", `${task.type}, ${task.artifact}`],
          ["Needs", isLegacy ? "unknown" : needs(task)],
          [
            "Evaluator and frozen files",
            task.bundle === null ? unknownOr(isLegacy) : <CopyId key="b" id={task.bundle} label="the bundle’s CID" />,
          ],
          [
            "Baseline code",
            task.baseline_code === null ? (
              unknownOr(isLegacy)
            ) : (
              <CopyId key="c" id={task.baseline_code} label="the baseline’s CID" />
            ),
          ],
          ...task.datasets.map((dataset, i): [string, ReactNode] => [
            task.datasets.length === 1 ? "Data set" : `Data set ${i + 1}`,
            <DataSet key={dataset.name} dataset={dataset} />,
          ]),
          ...(task.supersedes === null
            ? []
            : [
                [
                  "In place of",
                  <Link key="s" to="/t/$taskId" params={{ taskId: task.supersedes }}>
                    an earlier task
                  </Link>,
                ] as const,
              ]),
        ]}
      />
      <p className={styles.note}>
        Everything here is also at <a href={`/api/v1/tasks/${task.id}`}>the API</a>.
      </p>
    </Card>
  )
}

/** A file of the artifact store, or an address with the hash of what must be there. */
function DataSet({ dataset: { name, link, url, sha256 } }: { dataset: TaskDetail["datasets"][number] }): ReactNode {
  const address = url === null ? null : webAddress(url)
  return (
    <>
      <VisibleText text={name} max={128} />
      {link !== null && <CopyId id={link} label="the data set’s CID" />}
      {url !== null && (
        <p className={styles.long}>
          {address === null ? (
            <VisibleText text={url} max={200} />
          ) : (
            <a href={address} rel="noopener noreferrer nofollow ugc" target="_blank">
              <VisibleText text={url} max={200} />
            </a>
          )}
        </p>
      )}
      {sha256 !== null && <CopyId id={sha256} label="the data set’s SHA-256" />}
    </>
  )
}

function unknownOr(isLegacy: boolean): string {
  return isLegacy ? "unknown" : "none"
}

/** How far a rerun may be from a claim and agree. */
function toleranceWords({ mode, abs_tol, rel_tol, max_noise }: TaskDetail["replay"]): string {
  const parts = [
    ...(abs_tol > 0 ? [`${abs_tol} in the metric’s unit`] : []),
    ...(rel_tol > 0 ? [`${rel_tol} times the claim`] : []),
  ]
  const allowed = `up to ${parts.join(" or ")}${parts.length > 1 ? ", whichever is more" : ""}`
  if (mode !== "noisy") return parts.length === 0 ? "None: scores must be equal." : `A difference of ${allowed}.`
  const most = max_noise > 0 ? `, of which at most ${max_noise} is counted` : ""
  return parts.length === 0 ? `What the noise explains${most}.` : `What the noise explains${most}, and ${allowed}.`
}

function runsWords({ replicates, seeds }: TaskDetail["replay"]): string {
  return seeds.length === 0
    ? plural(replicates, "run")
    : `${plural(replicates, "run")}, ${seeds.length === 1 ? "seed" : "seeds"} ${seeds.join(", ")}`
}

function classKeyWords(key: string): string {
  return CLASS_WORDS[key] ?? `version of ${key.replace(/^runtime\./, "")}`
}

function needs({ requires }: TaskDetail): ReactNode {
  const entries = Object.entries(requires)
  if (entries.length === 0) return "nothing in particular"
  return <VisibleText text={entries.map(([name, version]) => `${name} ${version}`).join(", ")} max={400} />
}
