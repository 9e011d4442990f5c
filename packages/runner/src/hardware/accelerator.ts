/** The class of a GPU by its marketing name, as 0.6 named them: `RTX_4090`, `H100`, `APPLE_MPS`, … */
export function acceleratorClass(name: string): string {
  const text = name
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, "_")
  if (/MPS|APPLE/.test(text)) return "APPLE_MPS"
  const collapsed = /(?:^|_)(H100|A100)(?:_|$)/.exec(text)?.[1]
  if (collapsed !== undefined) return collapsed
  const [, series, number] = /(RTX|GTX)_?(\d{3,4})/.exec(text) ?? []
  return series === undefined ? text : `${series}_${number}`
}

/** The GPU's name in a file of /proc/driver/nvidia/gpus; null where it names none. */
export function parseNvidiaInformation(text: string): string | null {
  const name = /^Model:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trim()
  return name === undefined || name === "Unknown" ? null : name
}
