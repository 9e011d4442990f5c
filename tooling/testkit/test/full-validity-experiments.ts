/** Sets of tasks, profiles and experiments, and of dates, for vectors/full-validity.json. */
import type { AnyRecord, SporeRecord } from "@spore/records"
import { makeClaim, makeDispute, makeExperiment, makeProfile, makeTask } from "../src/index.ts"
import {
  ada,
  altered,
  bo,
  challenge,
  challengesMade,
  child,
  cy,
  type Entry,
  invalid,
  missing,
  otherRoot,
  otherTask,
  profile,
  rerun,
  reruns,
  response,
  root,
  scene,
  task,
  valid,
} from "./full-validity-scene.ts"

export function tasksAndProfiles(): Entry[] {
  const claim = makeClaim(bo, { task })
  return [
    ["a task", task, valid],
    ["a task that supersedes one that is not here", makeTask(bo, { supersedes: otherTask.cid }), valid],
    ["a task that supersedes what is no task", makeTask(cy, { supersedes: profile.cid }), valid],
    ["a task of 1970", makeTask(cy, { created: 0 }), valid],
    ["a profile", profile, valid],
    ["an older profile of the same author", makeProfile(cy, { created: 1 }), valid],
    ["a claim: gossip only", claim, invalid("not_stored")],
  ]
}

export function dates(): Entry[] {
  const { created } = task.body
  const at = (record: { body: { created: number } }, after: number): number => record.body.created + after
  const far = makeExperiment(cy, { task, parent: root, score: 30, created: Number.MAX_SAFE_INTEGER })
  return [
    ...scene.slice(0, 1),
    ...scene.slice(2, 4),
    ...reruns.slice(0, 1),
    ...challengesMade.slice(0, 1),
    ["a baseline in the second of its task", makeExperiment(cy, { task, score: 50, created }), valid],
    [
      "a baseline a second earlier",
      makeExperiment(cy, { task, score: 50, created: created - 1 }),
      invalid("before_task"),
    ],
    ["a child in the second of its parent", altered(child, { created: at(root, 0) }), valid],
    ["a child a second earlier", altered(child, { created: at(root, -1) }), invalid("before_link")],
    ["a rerun in the second of its experiment", altered(rerun, { created: at(child, 0) }), valid],
    ["a rerun a second earlier", altered(rerun, { created: at(child, -1) }), invalid("before_link")],
    ["a challenge in the second of its evidence", altered(challenge, { created: at(rerun, 0) }), valid],
    ["a challenge a second earlier", altered(challenge, { created: at(rerun, -1) }), invalid("before_link")],
    ["a response in the second of its challenge", altered(response, { created: at(challenge, 0) }), valid],
    ["a response a second earlier", altered(response, { created: at(challenge, -1) }), invalid("before_link")],
    [
      "a dispute in the second of its challenge",
      makeDispute(cy, { task, challenge, evidence: [rerun], created: at(challenge, 0) }),
      valid,
    ],
    [
      "a dispute a second earlier",
      makeDispute(cy, { task, challenge, evidence: [rerun], created: at(challenge, -1) }),
      invalid("before_link"),
    ],
    ["a response to cite", response, valid],
    [
      "a dispute a second before its evidence",
      makeDispute(cy, { task, challenge, evidence: [rerun, response], created: at(response, -1) }),
      invalid("before_link"),
    ],
    ["an experiment of the last second: no clock is read", far, valid],
    ["a child of it", makeExperiment(bo, { task, parent: far, score: 20, created: Number.MAX_SAFE_INTEGER }), valid],
  ]
}

export function experimentLinks(): Entry[] {
  const crash = makeExperiment(bo, { task, parent: root })
  const bad = makeExperiment(bo, { task, code: "not the baseline", score: 50 })
  const below = makeExperiment(cy, { task, parent: bad, score: 30 })
  return [
    ...scene,
    ...reruns.slice(0, 1),
    ["a profile", profile, valid],
    ["a second baseline, by another author", makeExperiment(bo, { task, score: 60 }), valid],
    [
      "a second baseline by the same author",
      makeExperiment(ada, { task, score: 60, created: root.body.created + 1 }),
      valid,
    ],
    ["a baseline that crashed", makeExperiment(cy, { task }), valid],
    ["a baseline in another class", makeExperiment(cy, { task, score: 50, env: { arch: "arm64" } }), valid],
    ["no parent, and other code", bad, invalid("root_not_baseline")],
    ["its child: what it links to is never stored", below, missing(bad)],
    ["its grandchild", makeExperiment(ada, { task, parent: below, score: 20 }), missing(below)],
    [
      "a child with the baseline's code",
      makeExperiment(cy, { task, parent: child, code: task.body.baseline, score: 50 }),
      valid,
    ],
    ["a child that crashed", crash, valid],
    ["a child of what crashed", makeExperiment(cy, { task, parent: crash, score: 39 }), valid],
    ["a child in another class", makeExperiment(cy, { task, parent: root, score: 39, env: { arch: "arm64" } }), valid],
    [
      "its parent is of another task",
      altered(child, { parent: otherRoot.cid, created: child.body.created }),
      invalid("other_task"),
    ],
    [
      "its parent is a verification",
      altered(child, { parent: rerun.cid, created: rerun.body.created }),
      invalid("wrong_kind"),
    ],
    ["its parent is a task", altered(child, { parent: task.cid }), invalid("wrong_kind")],
    ["its parent is a profile", altered(child, { parent: profile.cid }), invalid("wrong_kind")],
    ["its task is an experiment", altered(child, { task: root.cid }), invalid("wrong_kind")],
    ["its task is a profile", altered(child, { task: profile.cid }), invalid("wrong_kind")],
    [
      "its parent is a claim, which nobody stores",
      altered(child, { parent: makeClaim(bo, { task }).cid }),
      missing(makeClaim(bo, { task })),
    ],
  ]
}

export function experimentScores(): Entry[] {
  const scored = (...score: number[]): AnyRecord => makeExperiment(cy, { task, parent: root, code: "x", score })
  const failed = (outcome: "incorrect" | "timeout"): AnyRecord =>
    makeExperiment(cy, { task, parent: root, code: "x", run: { outcome } })
  return [
    ...scene.slice(0, 1),
    ...scene.slice(2, 3),
    ["scores at the metric's bounds, 0 and 100", scored(0, 100), valid],
    ["a first score below its minimum", scored(-5e-324, 50), invalid("score_out_of_bounds")],
    ["a last score above its maximum", scored(50, 100.00000000000001), invalid("score_out_of_bounds")],
    ["a score fewer than replicates", scored(50), invalid("score_count")],
    ["a score more than replicates", scored(50, 50, 50), invalid("score_count")],
    ["no scores after a crash", makeExperiment(cy, { task, parent: root, code: "x" }), valid],
    ["no scores after an incorrect run", failed("incorrect"), valid],
    ["no scores after a timeout", failed("timeout"), valid],
    [
      "other measurements, which have no bounds",
      makeExperiment(cy, { task, parent: root, score: 50, run: { metrics: { loss: 1e300 } } }),
      valid,
    ],
  ]
}

export function unboundedScores(): Entry[] {
  const open = makeTask(ada, { metric: { min: null, max: null } })
  const floor = makeTask(bo, { metric: { min: -1, max: null } })
  const ceiling = makeTask(cy, { metric: { min: null, max: 1 } })
  const score = (of: SporeRecord<"task">, value: number): AnyRecord => makeExperiment(ada, { task: of, score: value })
  return [
    ["a task without bounds", open, valid],
    ["a task with a minimum alone", floor, valid],
    ["a task with a maximum alone", ceiling, valid],
    ["a low score without bounds", score(open, -1e300), valid],
    ["a high score without bounds", score(open, 1e300), valid],
    ["a high score above a minimum", score(floor, 1e300), valid],
    ["a score below the minimum", score(floor, -1.5), invalid("score_out_of_bounds")],
    ["a low score below a maximum", score(ceiling, -1e300), valid],
    ["a score above the maximum", score(ceiling, 1.5), invalid("score_out_of_bounds")],
  ]
}
