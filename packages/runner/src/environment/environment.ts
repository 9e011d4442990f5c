/**
 * Python environments: what a task's lock file asks for, prepared once and then used read-only. The port by which the
 * runner finds them, and the rest of the program looks after them.
 *
 * @packageDocumentation
 */
import type { LockedPackage } from "./lock.ts"

/** What a task asks for. Equal requests share one environment. */
export interface EnvironmentRequest {
  /** The lock file's text. */
  readonly lock: string
  /** Whether packages of the machine's own Python are seen too. */
  readonly systemPackages: boolean
}

/** A prepared environment. */
export interface Environment {
  /** SHA-256 in hex of the lock, the Python below it and `systemPackages`. */
  readonly id: string
  /** Host folder of the virtual environment; its Python is `bin/python3` in it. */
  readonly folder: string
  /** Of its Python. */
  readonly python: string
  readonly packages: readonly Pick<LockedPackage, "name" | "version">[]
  /** As taken on disk. */
  readonly bytes: number
  /** Unix milliseconds. */
  readonly created: number
}

/** What is known of a request without doing anything for it. */
export interface EnvironmentPlan {
  readonly id: string
  readonly packages: readonly LockedPackage[]
  /** Null where it is not prepared here. */
  readonly environment: Environment | null
  /** Whether the user said yes to it. */
  readonly allowed: boolean
}

/** A downloaded package. */
export interface Wheel {
  readonly file: string
  readonly bytes: number
}

export interface PrepareOptions {
  signal?: AbortSignal
  /** What pip prints. */
  onLine?: (line: string) => void
}

/**
 * `environment_missing`: it is not prepared here. `environment_failed`: it could not be prepared. `environment_aborted`:
 * whoever wanted it gave up.
 */
export type EnvironmentErrorCode = "environment_missing" | "environment_failed" | "environment_aborted"

/** The environments of a data folder. Several processes may use it at the same time. */
export interface Environments {
  /** @throws SporeError `lock_refused` */
  plan(request: EnvironmentRequest): Promise<EnvironmentPlan>
  /** Null where it is not prepared. @throws SporeError `lock_refused` */
  find(request: EnvironmentRequest): Promise<Environment | null>
  /**
   * Downloads the packages, which runs none of their code, and gives what they take. The only step that uses the
   * network.
   *
   * @throws SporeError `lock_refused`, `environment_failed`, `environment_aborted`
   */
  fetch(request: EnvironmentRequest, options?: PrepareOptions): Promise<Wheel[]>
  /**
   * Makes the environment, in the sandbox and without network once its packages are here. Those who ask for the same at
   * the same time share the work.
   *
   * @throws as `fetch`
   */
  prepare(request: EnvironmentRequest, options?: PrepareOptions): Promise<Environment>
  /** Keeps the user's yes to an environment: from then on the node may prepare it by itself. */
  allow(id: string): Promise<void>
  /** The prepared ones, the newest first. */
  list(): Promise<Environment[]>
  /** Deletes an environment with its downloads and the yes to it; whether there was one. */
  remove(id: string): Promise<boolean>
}
