import type { Ancestor, Ancestors, FactHead, Projection, Validity } from "@spore/records"
import { LEGACY_KINDS } from "../objects/families.ts"
import { type LegacyObject, type LegacyObjectOf, parseLegacy } from "../objects/object.ts"
import { rowsOf } from "./rows.ts"

/** How objects of the 0.6 network become facts and rows of the graph: docs/spec/09-legacy-objects.md. */
export function legacyProjection(): Projection<LegacyObject> {
  return {
    name: "legacy/1",
    kinds: LEGACY_KINDS,
    parse: parseLegacy,
    head: headOf,
    check: checkAncestors,
    project: (object, ancestors) =>
      rowsOf(object, object.kind === "legacy_experiment" ? taskOf(object, ancestors) : ""),
  }
}

function headOf(object: LegacyObject): FactHead {
  return { author: object.author, created: object.created, links: linksOf(object) }
}

function linksOf(object: LegacyObject): string[] {
  switch (object.kind) {
    case "legacy_experiment":
      return [object.body.parent, object.body.task_id].filter((id) => id !== null)
    case "legacy_challenge":
    case "legacy_challenge_response":
    case "legacy_verification":
    case "legacy_dispute":
      return [object.body.payload.experiment_id]
    case "legacy_task":
    case "legacy_profile":
      return []
  }
}

/**
 * An experiment is valid at once, its parent here or not; a control event waits for its experiment. Nobody's word is
 * taken for depth, event_id, or the task of a control event.
 */
function checkAncestors(object: LegacyObject, ancestors: Ancestors): Validity {
  switch (object.kind) {
    case "legacy_experiment":
      return { state: "valid", task: taskOf(object, ancestors), experiment: object.id }
    case "legacy_challenge":
    case "legacy_challenge_response":
    case "legacy_verification":
    case "legacy_dispute": {
      const id = object.body.payload.experiment_id
      const target = ancestors.fact(id)
      if (target === undefined) return { state: "missing", id }
      if (!isExperiment(target)) return { state: "invalid", reason: `${id} is a ${target.kind}, not an experiment` }
      return { state: "valid", task: target.task, experiment: id }
    }
    case "legacy_task":
    case "legacy_profile":
      return { state: "valid", task: null, experiment: null }
  }
}

/** The signed task, else the known parent's, else the missing parent's id, else, for a root, its own. */
function taskOf({ id, body }: LegacyObjectOf<"legacy_experiment">, ancestors: Ancestors): string {
  if (body.task_id !== null) return body.task_id
  if (body.parent === null) return id
  const parent = ancestors.fact(body.parent)
  return (parent !== undefined && isExperiment(parent) ? parent.task : null) ?? body.parent
}

function isExperiment(fact: Ancestor): boolean {
  return fact.kind === "legacy_experiment"
}
