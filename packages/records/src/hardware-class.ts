import type { Env } from "./schema/run.ts"

/**
 * The hardware class of an environment under a task's `classKeys`: the normalised values joined by `/`; the empty
 * string where the task names no keys, one class for all. Metrics of different classes are never compared.
 */
export function hardwareClass(env: Env, classKeys: readonly string[]): string {
  return classKeys.map((key) => normaliseClassValue(valueOf(env, key))).join("/")
}

/** Each run of anything but `A-Z a-z 0-9 . _ + -` becomes `_`, then ASCII lower case; `unknown` for empty text. */
export function normaliseClassValue(value: string): string {
  // Lower case comes second, so that it never meets letters whose case depends on a Unicode version.
  const normalised = value.replaceAll(/[^A-Za-z0-9._+-]+/g, "_").toLowerCase()
  return normalised === "" ? "unknown" : normalised
}

function valueOf(env: Env, key: string): string {
  if (key === "arch") return env.arch
  if (key === "os") return env.os
  if (key === "accelerator") return env.accelerator
  const name = key.slice("runtime.".length)
  return Object.hasOwn(env.runtime, name) ? (env.runtime[name] ?? "") : ""
}
