/** What AMD's driver and tools say of a machine's GPUs. */

/**
 * What code is compiled for, such as `gfx90a`, on the GPU that the `properties` of a node of /sys/class/kfd/kfd/topology
 * describe; null for processors, and for the graphics inside them.
 */
export function parseKfdTarget(text: string): string | null {
  const value = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0)
  const version = value("gfx_target_version")
  if (value("simd_count") === 0 || value("cpu_cores_count") > 0 || version === 0) return null
  const [major, minor, step] = [Math.floor(version / 10_000), Math.floor(version / 100) % 100, version % 100]
  return `gfx${major}${minor.toString(16)}${step.toString(16)}`
}

/** Names in what `rocm-smi --showproductname --csv` prints, by its column `Card Series` or `Card series`. */
export function parseRocmSmi(text: string): string[] {
  const [heading = "", ...rows] = text.split("\n").filter((line) => line.includes(","))
  const column = heading.split(",").findIndex((name) => /^card series$/i.test(name.trim()))
  return rows.flatMap((row) => {
    const name = row.split(",")[column]?.trim() ?? ""
    return isName(name) ? [name] : []
  })
}

/** Names in the lines of `lspci` for AMD's GPUs; not those that stand for several models. */
export function parseLspci(text: string): string[] {
  const lines = text.split("\n").filter((line) => /(?:VGA|3D|Display) .*\[AMD\/ATI\]/.test(line))
  return lines.flatMap((line) => {
    const name = /\[AMD\/ATI\].*\[([^\]]+)\]/.exec(line)?.[1] ?? ""
    return isName(name) && !name.includes("/") ? [`AMD ${name.replace(/^AMD /, "")}`] : []
  })
}

function isName(text: string): boolean {
  return text !== "" && !/^(?:N\/A|0x[0-9a-f]+|unknown)$/i.test(text)
}
