/** What NVIDIA's driver and tool say of a machine's GPUs. */

/** The GPU's name in a file of /proc/driver/nvidia/gpus; null where it names none. */
export function parseNvidiaInformation(text: string): string | null {
  const name = /^Model:[ \t]*(\S.*)$/m.exec(text)?.[1]?.trim()
  return name === undefined || name === "Unknown" ? null : name
}

/** The driver's version in /proc/driver/nvidia/version; null where it names none. */
export function parseNvidiaDriver(text: string): string | null {
  return /^NVRM version:.*?\s(\d{2,4}\.\d+(?:\.\d+)?)\s/m.exec(text)?.[1] ?? null
}

/** Names in what `nvidia-smi --query-gpu=name --format=csv,noheader` prints; none where it prints a complaint. */
export function parseNvidiaSmi(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim())
  return lines.some((line) => /NVIDIA-SMI has failed|No devices|error|\[N\/A\]/i.test(line))
    ? []
    : lines.filter((line) => line !== "")
}
