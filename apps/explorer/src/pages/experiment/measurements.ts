import type { Environment } from "@spore/api/client"

/** A number that an evaluator measured, to the digits that can be read. */
export function formatMeasurement(value: number | undefined): string {
  if (value === undefined) return "–"
  return Number(value.toPrecision(6)).toLocaleString("en", { maximumSignificantDigits: 6 })
}

/** Where a run happened, by name. */
export function environmentRows(env: Environment): { name: string; value: string }[] {
  return [
    { name: "Accelerator", value: env.accelerator },
    { name: "System", value: `${env.os} ${env.arch}` },
    {
      name: "Runtime",
      value: Object.entries(env.runtime)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    },
    { name: "Sandbox", value: env.sandbox },
  ]
}
