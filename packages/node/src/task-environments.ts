import type { RunnableTask } from "@spore/dag"
import { type Env, messageOf, SHARED_JUDGE } from "@spore/records"
import type { EvaluationResult, Runner } from "@spore/runner"
import type { Notice } from "./node.ts"
import type { RunPolicy } from "./ownership.ts"

/** Whether what a task needs of Python is here, or may be prepared when it is first run. */
export interface TaskEnvironments {
  /** The task's bundle must be held. Where the answer is no, a notice says what to do. */
  isReady(task: RunnableTask): Promise<boolean>
}

export interface TaskEnvironmentsInit {
  runner: Runner
  policy: RunPolicy
  notify(notice: Notice): void
}

export function createTaskEnvironments({ runner, policy, notify }: TaskEnvironmentsInit): TaskEnvironments {
  return {
    isReady: async (task) => {
      try {
        const state = await runner.environmentOf(task.body)
        if (state !== "missing" || policy.mayPrepare(task)) return true
        notify({
          code: "environment_missing",
          message: `${task.name} needs Python packages that are not prepared here, so it is not run`,
          next: `spore task environment ${task.id} --prepare`,
        })
      } catch (error) {
        // A stranger's task that is not as it should be must not stop the others.
        notify({ code: "environment_refused", message: `${task.name} is not run: ${messageOf(error)}`, next: null })
      }
      return false
    },
  }
}

/** The machine as a task's jobs see it; as all see it while the task's bundle is not here. */
export async function envOf(runner: Runner, task: RunnableTask): Promise<Env> {
  return runner.envFor(task.body).catch(() => runner.env)
}

/** What a record says of where it ran: with the weaker kind of judge named, since readers should weigh it. */
export function publishedEnv(env: Env, { judge }: Pick<EvaluationResult, "judge">): Env {
  return judge === "shared" ? { ...env, sandbox: env.sandbox + SHARED_JUDGE } : env
}
