/** Sets of reruns, challenges and disputes for vectors/full-validity.json. */
import type { AnyRecord } from "@spore/records"
import {
  makeChallenge,
  makeChallengeResponse,
  makeDispute,
  makeExperiment,
  makeTask,
  makeVerification,
} from "../src/index.ts"
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
  otherChallenge,
  otherRerun,
  otherRoot,
  rerun,
  reruns,
  response,
  root,
  rootChallenge,
  rootRerun,
  scene,
  task,
  valid,
} from "./full-validity-scene.ts"

export function verifications(): Entry[] {
  const crash = makeExperiment(bo, { task, parent: root })
  const absent = makeExperiment(bo, { task, parent: root, code: "never sent", score: 1 })
  const of = (init: Omit<Parameters<typeof makeVerification>[1], "task" | "experiment">): AnyRecord =>
    makeVerification(cy, { task, experiment: child, ...init })
  return [
    ...scene,
    ...reruns.slice(0, 1),
    ["an experiment that crashed", crash, valid],
    ["a rerun by the experiment's author", makeVerification(bo, { task, experiment: child, score: 40 }), valid],
    ["a rerun of a crash", makeVerification(cy, { task, experiment: crash, score: 40 }), valid],
    ["a rerun in another class", of({ score: 40, env: { arch: "arm64" } }), valid],
    ["one replicate of two", of({ score: [40], replicates: [1] }), valid],
    ["a replicate number that has no seed", of({ score: [40], replicates: [2] }), invalid("replicate_without_seed")],
    ["another after good ones", of({ score: [40, 40], replicates: [0, 65535] }), invalid("replicate_without_seed")],
    ["a crash of such a replicate", of({ replicates: [2] }), invalid("replicate_without_seed")],
    ["a crash", of({ replicates: [0, 1] }), valid],
    ["scores at the bounds", of({ score: [0, 100] }), valid],
    ["a score below the minimum", of({ score: [0, -1] }), invalid("score_out_of_bounds")],
    ["a score above the maximum", of({ score: [101, 0] }), invalid("score_out_of_bounds")],
    ["of an experiment of another task", altered(rerun, { experiment: otherRoot.cid }), invalid("other_task")],
    [
      "of a verification",
      altered(rerun, { experiment: rerun.cid, created: rerun.body.created + 1 }),
      invalid("wrong_kind"),
    ],
    ["of a task", altered(rerun, { experiment: task.cid }), invalid("wrong_kind")],
    ["of an experiment that is not here", altered(rerun, { experiment: absent.cid }), missing(absent)],
  ]
}

export function derivedSeeds(mode: "noisy" | "artifact"): Entry[] {
  const drawn = makeTask(ada, { replay: { mode, replicates: 1 } })
  const base = makeExperiment(ada, { task: drawn, score: 50 })
  const rerunOf = (replicates: number[]): AnyRecord =>
    makeVerification(bo, { task: drawn, experiment: base, score: 50, replicates })
  return [
    ["a task", drawn, valid],
    ["a baseline", base, valid],
    ["replicate 0", rerunOf([0]), valid],
    ["replicate 65535", rerunOf([65535]), valid],
    ["more replicates than the task asks for", rerunOf([0, 1, 2, 9]), valid],
  ]
}

export function challenges(): Entry[] {
  const agrees = makeVerification(ada, { task, experiment: child, score: 40 })
  const unsent = makeVerification(ada, { task, experiment: child, score: 47 })
  const later = challenge.body.created + 600
  const citing = (...evidence: AnyRecord[]): AnyRecord =>
    altered(challenge, { evidence: evidence.map(({ cid }) => cid), created: later })
  return [
    ...scene,
    ...reruns,
    ["a rerun that agrees", agrees, valid],
    ...challengesMade,
    ["a response", response, valid],
    ["evidence is a response", citing(response), valid],
    ["evidence agrees: it is not judged here", citing(agrees), valid],
    ["evidence named twice", citing(rerun, rerun), valid],
    ["by the experiment's author", makeChallenge(bo, { task, experiment: child, evidence: [rerun] }), valid],
    ["evidence is a rerun of another experiment", citing(rerun, rootRerun), invalid("other_experiment")],
    ["evidence is an experiment", citing(child), invalid("wrong_kind")],
    ["evidence is a challenge", citing(rerun, rootChallenge), invalid("wrong_kind")],
    ["evidence is of another task", citing(otherRerun), invalid("other_task")],
    ["about an experiment of another task", altered(challenge, { experiment: otherRoot.cid }), invalid("other_task")],
    ["about a verification", altered(challenge, { experiment: rerun.cid }), invalid("wrong_kind")],
    ["evidence is not here", citing(rerun, unsent), missing(unsent)],
  ]
}

export function responses(): Entry[] {
  const unsent = makeChallenge(ada, { task, experiment: child, evidence: [rerun] })
  const of = (
    init: Omit<Parameters<typeof makeChallengeResponse>[1], "task" | "experiment" | "challenge">,
  ): AnyRecord => makeChallengeResponse(bo, { task, experiment: child, challenge, ...init })
  const later = response.body.created + 600
  return [
    ...scene,
    ...reruns,
    ...challengesMade,
    ["a response", response, valid],
    ["by the experiment's author", of({ score: 40 }), valid],
    ["a crash", of({}), valid],
    ["a replicate number that has no seed", of({ score: [40], replicates: [2] }), invalid("replicate_without_seed")],
    ["a score above the maximum", of({ score: [40, 101] }), invalid("score_out_of_bounds")],
    [
      "to a challenge of another experiment",
      altered(response, { challenge: rootChallenge.cid, created: later }),
      invalid("other_experiment"),
    ],
    [
      "of another experiment than the challenge's",
      altered(response, { experiment: root.cid, created: later }),
      invalid("other_experiment"),
    ],
    [
      "to a challenge of another task",
      altered(response, { challenge: otherChallenge.cid, created: later }),
      invalid("other_task"),
    ],
    ["to a verification", altered(response, { challenge: rerun.cid, created: later }), invalid("wrong_kind")],
    ["of a task", altered(response, { experiment: task.cid, created: later }), invalid("wrong_kind")],
    ["to a challenge that is not here", altered(response, { challenge: unsent.cid, created: later }), missing(unsent)],
  ]
}

export function disputes(): Entry[] {
  const dispute = makeDispute(cy, { task, challenge, evidence: [rerun, response] })
  const unsent = makeVerification(ada, { task, experiment: child, score: 47 })
  const unsentChallenge = makeChallenge(ada, { task, experiment: child, evidence: [rerun] })
  const later = dispute.body.created + 600
  const citing = (...evidence: AnyRecord[]): AnyRecord =>
    altered(dispute, { evidence: evidence.map(({ cid }) => cid), created: later })
  return [
    ...scene,
    ...reruns,
    ...challengesMade,
    ["a response", response, valid],
    ["a dispute", dispute, valid],
    [
      "another outcome: it is not checked",
      makeDispute(cy, { task, challenge, evidence: [rerun], outcome: "upheld" }),
      valid,
    ],
    ["by the experiment's author", makeDispute(bo, { task, challenge, evidence: [response] }), valid],
    ["evidence named twice", citing(rerun, rerun), valid],
    ["evidence is a rerun of another experiment", citing(response, rootRerun), invalid("other_experiment")],
    ["evidence is a challenge", citing(challenge), invalid("wrong_kind")],
    ["evidence is an experiment", citing(child), invalid("wrong_kind")],
    ["evidence is of another task", citing(otherRerun), invalid("other_task")],
    [
      "its challenge is of another task",
      altered(dispute, { challenge: otherChallenge.cid, created: later }),
      invalid("other_task"),
    ],
    [
      "its challenge is a response",
      altered(dispute, { challenge: response.cid, created: later }),
      invalid("wrong_kind"),
    ],
    [
      "its challenge is an experiment",
      altered(dispute, { challenge: child.cid, created: later }),
      invalid("wrong_kind"),
    ],
    [
      "its challenge is not here",
      altered(dispute, { challenge: unsentChallenge.cid, created: later }),
      missing(unsentChallenge),
    ],
    ["evidence is not here", citing(rerun, unsent), missing(unsent)],
  ]
}
