import { SporeError } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import type { TaskPackage, TaskPackageErrorCode } from "../task-package/manifest.ts"
import type { EnvironmentRequest } from "./environment.ts"

/**
 * What a task package asks for; null where it does with the machine's own Python.
 *
 * @param bundle the package without its editable files
 * @throws SporeError `task_package_incomplete`
 */
export function requestOf(bundle: { package: TaskPackage; files: FileTree }): EnvironmentRequest | null {
  const { environment } = bundle.package
  if (environment === undefined) return null
  const lock = bundle.files.get(environment.lock)
  if (lock === undefined) {
    throw new SporeError<TaskPackageErrorCode>(
      "task_package_incomplete",
      `the task package lacks ${environment.lock}, which cannot be one of its editable files`,
    )
  }
  return { lock: new TextDecoder().decode(lock), systemPackages: environment.systemPackages }
}
