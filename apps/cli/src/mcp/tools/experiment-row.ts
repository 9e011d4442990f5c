import type { Experiment } from "@spore/api/client"

/** An experiment in a list: what one chooses by. `read_experiment` gives the rest. */
export function rowOf(experiment: Experiment): object {
  const { id, parent, title, agent, node, node_name, created, outcome } = experiment
  const { value, error, status, verdict, reproduced_by, voters, candidate, frontier, promoted } = experiment
  return {
    id,
    parent,
    title,
    agent,
    node,
    node_name,
    created,
    class: experiment.class,
    outcome,
    value,
    error,
    status,
    verdict,
    reproduced_by,
    voters,
    candidate,
    frontier,
    promoted,
  }
}

export function rowsOf(page: { items: readonly Experiment[]; next_cursor: string | null }): object {
  return { items: page.items.map(rowOf), next_cursor: page.next_cursor }
}
