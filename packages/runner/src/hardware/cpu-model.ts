/**
 * The processor's model as a value for `runtime.cpu`, from what the kernel says of it.
 *
 * @packageDocumentation
 */
import { normaliseClassValue } from "@spore/records"
import { ARM_CORES } from "./arm-cores.ts"

/** Where the machine does not tell its processor's model: virtual machines often hide it. */
export const UNKNOWN_CPU = "unknown"

/** What vendors say beside the model: trade marks, clock rates, numbers of cores, the graphics in the same package. */
const NOISE: readonly RegExp[] = [
  /\((?:r|tm|c)\)/gi,
  /[®™]/g,
  /@.*$/g,
  /^\d+th gen\b/gi,
  /\b(?:with|w\/) radeon\b.*$/gi,
  /\bradeon r\d.*$/gi,
  /\b(?:\d+|two|dual|triple|quad|six|eight|twelve|sixteen)[- ]cores?\b/gi,
  /\b(?:cpu|processor)\b/gi,
  /\bgenuine\b/gi,
]

/** Names that a hypervisor made up, or that stand for a whole family: `Haswell, no TSX`, `E56xx`, `EPYC-Rome`. */
const MADE_UP = /qemu|kvm|virtual|\(|\dxx\b|\bclass\b|\bepyc-[a-z]|\b0000\b/i

/** The model in a vendor's brand text, `Intel(R) Xeon(R) Platinum 8488C`; `unknown` where it names only a family. */
export function cpuModelOf(brand: string): string {
  const name = NOISE.reduce((text, noise) => text.replaceAll(noise, " "), brand)
    .replaceAll(" -", "-")
    .trim()
  // A model has a number: "AMD EPYC" and "Intel Xeon" are what is left where it is hidden.
  if (!/\d/.test(name) || MADE_UP.test(name)) return UNKNOWN_CPU
  return normaliseClassValue(name)
}

/** The model in the text of Linux's /proc/cpuinfo. */
export function cpuModelOfCpuinfo(text: string): string {
  const board = field(text, "Model")
  if (board?.startsWith("Raspberry Pi") === true) return normaliseClassValue(board.replace(/ Rev .*$/, ""))
  const brand = field(text, "model name")
  if (brand !== undefined && !brand.startsWith("ARM")) return cpuModelOf(brand)
  return armCores(text)
}

/** The designs of an ARM processor's cores, the kinds in the order of their numbers: `arm_cortex-a55+cortex-a76`. */
function armCores(text: string): string {
  const cores = [...text.matchAll(/^CPU implementer\s*: (0x[0-9a-f]+)$[^]*?^CPU part\s*: (0x[0-9a-f]+)$/gm)]
  const ids = [...new Set(cores.map(([, implementer = "", part = ""]) => `${implementer}:${part}`))].toSorted()
  const names = ids.map((id) => ARM_CORES[id])
  const [first, ...others] = [...new Set(names)]
  if (first === undefined || others.includes(undefined)) return UNKNOWN_CPU
  return [first, ...others.map((name) => name?.replace(/^[a-z]+_/, ""))].join("+")
}

function field(text: string, name: string): string | undefined {
  return new RegExp(`^${name}[ \\t]*:[ \\t]*(\\S.*)$`, "m").exec(text)?.[1]?.trim()
}
