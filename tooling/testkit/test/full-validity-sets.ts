/** Sets of facts for vectors/full-validity.json, with what the full step of validity says of each fact. */
import { encodeEnvelope, toHex } from "@spore/records"
import { codeLink, makeExperiment } from "../src/index.ts"
import { verifications, derivedSeeds, challenges, responses, disputes } from "./full-validity-controls.ts"
import {
  tasksAndProfiles,
  dates,
  experimentLinks,
  experimentScores,
  unboundedScores,
} from "./full-validity-experiments.ts"
import { ada, bo, child, type Entry, missing, rerun, root, scene, task } from "./full-validity-scene.ts"

/** The content of full-validity.json. */
export function fullValiditySets(): object[] {
  return [
    set("tasks, profiles and claims", tasksAndProfiles()),
    set("dates", dates()),
    set("experiments: links", experimentLinks()),
    set("experiments: scores", experimentScores()),
    set("experiments: scores without bounds", unboundedScores()),
    set("verifications", verifications()),
    set("replicate numbers in noisy replay", derivedSeeds("noisy")),
    set("replicate numbers in artifact replay", derivedSeeds("artifact")),
    set("challenges", challenges()),
    set("challenge responses", responses()),
    set("disputes", disputes()),
    set("a chain above a missing experiment", missingRoot()),
    set("everything without its task", missingTask()),
  ]
}

function set(name: string, entries: readonly Entry[]): object {
  return {
    name,
    facts: entries.map(([, record]) => toHex(encodeEnvelope(record))),
    expect: entries.map(([what, { id }, expected]) => ({ what, id, ...expected })),
  }
}

function missingRoot(): Entry[] {
  return [
    ...scene.slice(0, 1),
    ["its parent is not here", child, missing(root)],
    ["a rerun of it", rerun, missing(child)],
    ["a child of it", makeExperiment(ada, { task, parent: child, score: 30 }), missing(child)],
  ]
}

function missingTask(): Entry[] {
  return [
    ["a baseline", root, missing(task)],
    [
      "a baseline with other code, which only the task can tell",
      makeExperiment(bo, { task, code: codeLink("x"), score: 50 }),
      missing(task),
    ],
  ]
}
