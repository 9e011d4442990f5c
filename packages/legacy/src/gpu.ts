/**
 * The hardware class of a GPU as 0.6 names it: `RTX_4090`, `H100`, `APPLE_MPS`, `CPU`, `UNKNOWN`, … Only ASCII letters
 * change case, so that no Unicode version matters.
 */
export function gpuClass(model: string): string {
  const name = model
    .replaceAll(/^[\t-\r ]+|[\t-\r ]+$/g, "")
    .replaceAll(/[- _]+/g, "_")
    .replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
  if (name === "") return "UNKNOWN"
  if (name.includes("MPS") || name.includes("APPLE")) return "APPLE_MPS"
  for (const family of ["H100", "A100"]) if (name.startsWith(family)) return family
  for (const family of ["RTX", "GTX"]) {
    const [, number] = new RegExp(`${family}_?([0-9]{3,4})`).exec(name) ?? []
    if (number !== undefined) return `${family}_${number}`
  }
  return name
}

/** The tolerance of val_bpb that 0.6 used where a class has none of its own. */
export const DEFAULT_TOLERANCE = 0.002

const TOLERANCES: ReadonlyMap<string, number> = new Map([
  ["H100", 0.0015],
  ["A100", 0.0015],
  ["RTX_3090", 0.003],
  ["RTX_3060", 0.003],
])

/** By how much 0.6 let a rerun in this class differ in val_bpb. */
export function gpuTolerance(className: string): number {
  return TOLERANCES.get(className) ?? DEFAULT_TOLERANCE
}
