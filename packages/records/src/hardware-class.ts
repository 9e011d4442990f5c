import type { Env } from "./schema/run.ts"

/**
 * The hardware class of an environment under a task's `classKeys`: the normalised values joined by `/`; the empty
 * string where the task names no keys, one class for all. Metrics of different classes are never compared.
 */
export function hardwareClass(env: Env, classKeys: readonly string[]): string {
  return classKeys.map((key) => normaliseClassValue(valueOf(env, key))).join("/")
}

/** Lower case; whatever is not `a-z 0-9 . _ + -` becomes `_`; `unknown` where nothing is left. */
export function normaliseClassValue(value: string): string {
  const normalised = value.toLowerCase().replaceAll(/[^a-z0-9._+-]+/g, "_")
  return normalised === "" ? "unknown" : normalised
}

function valueOf(env: Env, key: string): string {
  if (key === "arch") return env.arch
  if (key === "os") return env.os
  if (key === "accelerator") return env.accelerator
  const name = key.slice("runtime.".length)
  return Object.hasOwn(env.runtime, name) ? (env.runtime[name] ?? "") : ""
}
