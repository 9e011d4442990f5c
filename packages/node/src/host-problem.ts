import type { RunnableTask } from "@spore/dag"
import { SporeError } from "@spore/records"
import type { HostFault } from "@spore/runner"

/** Says that a task's own baseline does not run on this machine. */
export function hostProblem({ name }: RunnableTask, { detail, next }: HostFault): SporeError<"host_problem"> {
  return new SporeError("host_problem", `${name} does not run on this machine: ${detail}`, {
    next: next ?? "spore doctor",
  })
}
