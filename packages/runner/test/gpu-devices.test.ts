import { mkdir, realpath, symlink, writeFile } from "node:fs/promises"
import { basename, join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { gpuDevices, reachesGpu } from "../src/index.ts"

describe("the devices of GPUs", () => {
  it("are those of their drivers and nothing else of /dev", async () => {
    await using folder = await temporaryFolder()
    const [dev, sys] = [join(folder.path, "dev"), join(folder.path, "sys")]
    await mkdir(join(dev, "dri"), { recursive: true })
    await mkdir(join(dev, "nvidia-caps"))
    await mkdir(join(sys, "class/drm"), { recursive: true })
    const files = ["nvidia0", "nvidiactl", "nvidia-uvm", "kfd", "dri/renderD128", "sda", "mem", "nvidia0.bak", "kvm"]
    for (const name of files) await writeFile(join(dev, name), "")
    const { devices, system } = gpuDevices(dev, sys)
    const shown = ["dri", "kfd", "nvidia-caps", "nvidia-uvm", "nvidia0", "nvidiactl"]
    expect(devices).toEqual(shown.map((name) => join(dev, name)))
    expect(system).toEqual([join(sys, "class/drm")])
  })

  it("come with their own folders of the system's and none of other devices", async () => {
    await using folder = await temporaryFolder()
    const root = await realpath(folder.path)
    const [dev, sys] = [join(root, "dev"), join(root, "sys")]
    await mkdir(dev)
    await writeFile(join(dev, "nvidia0"), "")
    await mkdir(join(sys, "bus/pci/devices"), { recursive: true })
    await mkdir(join(sys, "devices/system/node"), { recursive: true })
    await mkdir(join(sys, "devices/virtual/dmi/id"), { recursive: true })
    const add = async (path: string, kind: string, vendor: string): Promise<string> => {
      const at = join(sys, "devices", path)
      await mkdir(at, { recursive: true })
      await writeFile(join(at, "class"), `${kind}\n`)
      await writeFile(join(at, "vendor"), `${vendor}\n`)
      await symlink(join("../../../devices", path), join(sys, "bus/pci/devices", basename(path)))
      return at
    }
    await add("pci0000:00/0000:00:01.0", "0x060400", "0x8086") // a bridge
    await add("pci0000:00/0000:00:02.0", "0x010802", "0x8086") // a disk
    await add("pci0000:00/0000:00:03.0", "0x030000", "0x1234") // a display of nobody's
    const cards = [
      await add("pci0000:00/0000:00:01.0/0000:01:00.0", "0x030200", "0x10de"),
      await add("pci0000:00/0000:00:04.0", "0x120000", "0x1002"),
    ]
    const { system } = gpuDevices(dev, sys)
    const general = [join(sys, "bus/pci/devices"), join(sys, "devices/system/node")]
    expect(system.toSorted()).toEqual([...general, ...cards].toSorted())
  })

  it("are none where there is no driver", async () => {
    await using folder = await temporaryFolder()
    expect(gpuDevices(folder.path, "/sys")).toEqual({ devices: [], system: [], groups: [] })
  })

  it("are reached only where the keeper allowed it and the backend shows them", () => {
    expect(["none", "bubblewrap", "container", "seatbelt"].map((backend) => reachesGpu(backend, false))).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(["none", "bubblewrap", "container", "seatbelt"].map((backend) => reachesGpu(backend, true))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })
})
