import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { gpuDevices, reachesGpu } from "../src/index.ts"

describe("the devices of GPUs", () => {
  it("are those of their drivers and nothing else of /dev", async () => {
    await using folder = await temporaryFolder()
    const [dev, sys] = [join(folder.path, "dev"), join(folder.path, "sys")]
    await mkdir(join(dev, "dri"), { recursive: true })
    await mkdir(join(dev, "nvidia-caps"))
    await mkdir(join(sys, "bus/pci"), { recursive: true })
    const files = ["nvidia0", "nvidiactl", "nvidia-uvm", "kfd", "dri/renderD128", "sda", "mem", "nvidia0.bak", "kvm"]
    for (const name of files) await writeFile(join(dev, name), "")
    const { devices, system } = gpuDevices(dev, sys)
    const shown = ["dri", "kfd", "nvidia-caps", "nvidia-uvm", "nvidia0", "nvidiactl"]
    expect(devices).toEqual(shown.map((name) => join(dev, name)))
    expect(system).toEqual([join(sys, "bus/pci")])
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
