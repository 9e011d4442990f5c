import { acceleratorClass } from "./accelerator.ts"
import { parseKfdTarget, parseLspci, parseRocmSmi } from "./amd.ts"
import type { Host } from "./host.ts"
import { parseNvidiaDriver, parseNvidiaInformation, parseNvidiaSmi } from "./nvidia.ts"

/** The GPUs of one vendor that programs can compute on. */
export interface Gpus {
  /** Classes as 0.6 named them, in the order of the machine; at least one. */
  classes: string[]
  /** The driver's version, where it tells. */
  driver: string | null
}

const NVIDIA = "/proc/driver/nvidia"
const KFD = "/sys/class/kfd/kfd/topology/nodes"
const DRM = "/sys/class/drm"

/** Looks for NVIDIA's, AMD's and Apple's GPUs, in this order; null where there are none with a driver. */
export function findGpus(host: Host): Gpus | null {
  if (host.platform === "darwin") return host.arch === "arm64" ? { classes: ["APPLE_MPS"], driver: null } : null
  return nvidia(host) ?? amd(host)
}

function nvidia(host: Host): Gpus | null {
  const informed = host.list(`${NVIDIA}/gpus`).flatMap((gpu) => {
    return parseNvidiaInformation(host.read(`${NVIDIA}/gpus/${gpu}/information`) ?? "") ?? []
  })
  // Under WSL and on Windows the driver has no such folder.
  const names =
    informed.length > 0
      ? informed
      : parseNvidiaSmi(host.run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader") ?? "")
  if (names.length === 0) return null
  return { classes: names.map(acceleratorClass), driver: parseNvidiaDriver(host.read(`${NVIDIA}/version`) ?? "") }
}

function amd(host: Host): Gpus | null {
  const gpus = host.list(KFD).flatMap((node) => parseKfdTarget(host.read(`${KFD}/${node}/properties`) ?? "") ?? [])
  if (gpus.length === 0) return null
  const driver = host.read("/sys/module/amdgpu/version")?.trim() || null
  const names = [
    () => productNames(host),
    () => parseRocmSmi(host.run("rocm-smi", "--showproductname", "--csv") ?? ""),
    () => parseLspci(host.run("lspci") ?? ""),
  ]
  for (const find of names) {
    const found = find()
    // One that names other GPUs besides, or not all, cannot be matched with those that compute.
    if (found.length === gpus.length) return { classes: found.map(acceleratorClass), driver }
  }
  return { classes: gpus.map(classOfTarget), driver }
}

/** Server boards tell their name in their own memory. */
function productNames(host: Host): string[] {
  const cards = host.list(DRM).filter((name) => /^card\d+$/.test(name))
  return cards.flatMap((card) => host.read(`${DRM}/${card}/device/product_name`)?.trim() || [])
}

/** Where nothing tells the model, what code is compiled for still makes a class. */
function classOfTarget(target: string): string {
  return `AMD_${target.toUpperCase()}`
}
