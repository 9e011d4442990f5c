import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs"
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
const PCI = "bus/pci/devices"
/** Beside the cards' own folders: lists of links to them, what AMD's driver says of its cards, and which memory is near. */
const SYSTEM = [
  PCI,
  "class/drm",
  "class/kfd",
  "devices/virtual/kfd",
  "devices/system/node",
  "module/nvidia",
  "module/nvidia_uvm",
  "module/amdgpu",
]
/** AMD, NVIDIA and Intel. */
const MAKERS: ReadonlySet<string> = new Set(["0x1002", "0x10de", "0x8086"])
/** PCI's classes of displays and of accelerators. */
const CARD = /^0x(?:03|12)/

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
    system: [
      ...SYSTEM.map((name) => join(sys, name)).filter(
        (path) => statSync(path, { throwIfNoEntry: false }) !== undefined,
      ),
      ...cardFolders(join(sys, PCI)),
    ],
    groups: [...groups].filter((gid) => gid !== 0),
  }
}

/** Whether jobs in this backend reach GPUs, where the keeper said that they may. */
export function reachesGpu(backend: string, isAllowed: boolean): boolean {
  if (backend === "none") return true
  return isAllowed && (backend === "bubblewrap" || backend === "container")
}

/** Where the links of PCI's list lead, of cards alone: the rest of /sys/devices tells of disks, network and serials. */
function cardFolders(pci: string): string[] {
  return namesIn(pci)
    .map((name) => join(pci, name))
    .filter((path) => CARD.test(read(join(path, "class"))) && MAKERS.has(read(join(path, "vendor")).trim()))
    .map((path) => realpathSync(path))
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}
