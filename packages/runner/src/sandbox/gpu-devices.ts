import { readdirSync, statSync } from "node:fs"
import { join } from "node:path"

/** The devices of this machine's GPUs, and what programs look up about them. */
export interface GpuDevices {
  /** Device files, and folders of them, below /dev. */
  devices: string[]
  /** Folders below /sys by which drivers' libraries find their cards. */
  system: string[]
  /** Groups that may open the devices, beside root's. */
  groups: number[]
}

const DEVICE = /^(?:nvidia\d+|nvidiactl|nvidia-uvm|nvidia-uvm-tools|nvidia-modeset|nvidia-caps|kfd|dri)$/
const SYSTEM = ["devices", "bus/pci", "class/drm", "class/kfd", "module/nvidia", "module/nvidia_uvm", "module/amdgpu"]

/** Looks for GPUs of NVIDIA, AMD and Intel. Empty where there are none. The folders are for tests. */
export function gpuDevices(dev = "/dev", sys = "/sys"): GpuDevices {
  const devices = namesIn(dev)
    .filter((name) => DEVICE.test(name))
    .map((name) => join(dev, name))
  if (devices.length === 0) return { devices: [], system: [], groups: [] }
  const files = devices.flatMap((path) =>
    statSync(path).isDirectory() ? namesIn(path).map((n) => join(path, n)) : path,
  )
  const groups = new Set(files.map((path) => statSync(path).gid))
  return {
    devices,
    system: SYSTEM.map((name) => join(sys, name)).filter(
      (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
    ),
    groups: [...groups].filter((gid) => gid !== 0),
  }
}

/** Whether jobs in this backend reach GPUs, where the keeper said that they may. */
export function reachesGpu(backend: string, isAllowed: boolean): boolean {
  if (backend === "none") return true
  return isAllowed && (backend === "bubblewrap" || backend === "container")
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}
