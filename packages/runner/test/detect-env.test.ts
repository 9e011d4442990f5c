import { type Env, envSchema, hardwareClass } from "@spore/records"
import { describe, expect, it } from "vitest"
import { acceleratorClass } from "../src/hardware/accelerator.ts"
import { parseKfdTarget, parseLspci, parseRocmSmi } from "../src/hardware/amd.ts"
import { parseFfmpegVersion } from "../src/hardware/detect-env.ts"
import type { Host } from "../src/hardware/host.ts"
import { parseNvidiaDriver, parseNvidiaInformation, parseNvidiaSmi } from "../src/hardware/nvidia.ts"
import { detectEnv } from "../src/index.ts"
import { parsePythonVersion } from "../src/python/interpreter.ts"
import { parseTorchVersion } from "../src/python/torch.ts"

describe("the class of an accelerator", () => {
  it.each([
    ["NVIDIA H100 80GB HBM3", "H100"],
    ["NVIDIA H100 PCIe", "H100"],
    ["H100", "H100"],
    ["NVIDIA A100-SXM4-80GB", "A100"],
    ["NVIDIA A100-PCIE-40GB", "A100"],
    ["NVIDIA H200", "NVIDIA_H200"],
    ["NVIDIA GeForce RTX 4090", "RTX_4090"],
    ["NVIDIA GeForce RTX 3060 Laptop GPU", "RTX_3060"],
    ["GeForce GTX 1050 Ti", "GTX_1050"],
    ["NVIDIA GeForce GTX 980", "GTX_980"],
    ["RTX4090", "RTX_4090"],
    ["Tesla T4", "TESLA_T4"],
    ["NVIDIA GH200 480GB", "NVIDIA_GH200_480GB"],
    ["NVIDIA L40S", "NVIDIA_L40S"],
    ["NVIDIA RTX A6000", "NVIDIA_RTX_A6000"],
    ["Quadro RTX 6000", "RTX_6000"],
    ["AMD Instinct MI300X", "AMD_INSTINCT_MI300X"],
    ["AMD Radeon RX 7900 XTX", "AMD_RADEON_RX_7900_XTX"],
    ["Apple M3 Max", "APPLE_MPS"],
    ["mps", "APPLE_MPS"],
    // parts of a GPU, as virtual machines get them
    ["GRID A100-10C", "GRID_A100_10C"],
    ["NVIDIA A100-40C", "NVIDIA_A100_40C"],
    ["NVIDIA A100-1-5CME", "NVIDIA_A100_1_5CME"],
    ["GRID T4-16Q", "GRID_T4_16Q"],
  ])("%s is %s", (name, expected) => {
    expect(acceleratorClass(name)).toBe(expected)
  })

  it("is read from the driver's own description", () => {
    const information = [
      "Model: \t\t NVIDIA GeForce RTX 3090",
      "IRQ:   \t\t 98",
      "GPU UUID: \t GPU-00000000-0000-0000-0000-000000000000",
      "Video BIOS: \t 94.02.26.08.1c",
      "Bus Type: \t PCIe",
    ].join("\n")
    expect(parseNvidiaInformation(information)).toBe("NVIDIA GeForce RTX 3090")
    expect(parseNvidiaInformation("Model: \t\t Unknown\nIRQ: 16\n")).toBeNull()
    expect(parseNvidiaInformation("")).toBeNull()
  })
})

describe("NVIDIA's words", () => {
  it.each([
    [
      "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\nGCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n",
      "535.104.05",
    ],
    [
      "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release Build  (dvs-builder@U16-A24-23-2)  Thu Feb 22 01:25:25 UTC 2024\nGCC version:  gcc version 11.4.0\n",
      "550.54.14",
    ],
    ["NVRM version: NVIDIA UNIX aarch64 Kernel Module  470.223.02  Sat Oct  7 15:46:48 UTC 2023\n", "470.223.02"],
    ["NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.65.06  Release Build\n", "580.65.06"],
    ["", null],
  ])("%j name the driver", (text, expected) => {
    expect(parseNvidiaDriver(text)).toBe(expected)
  })

  it.each([
    ["NVIDIA H100 80GB HBM3\nNVIDIA H100 80GB HBM3\n", ["NVIDIA H100 80GB HBM3", "NVIDIA H100 80GB HBM3"]],
    ["NVIDIA GeForce RTX 4090\r\n", ["NVIDIA GeForce RTX 4090"]],
    ["No devices were found\n", []],
    ["NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n", []],
    ["Unable to determine the device handle for GPU0000:01:00.0: Unknown Error\n", []],
    ["", []],
  ])("%j names GPUs", (text, expected) => {
    expect(parseNvidiaSmi(text)).toEqual(expected)
  })
})

/** A node of /sys/class/kfd/kfd/topology as the kernel writes it, cut to what says something. */
function kfdNode(values: Record<string, number>): string {
  const all = { cpu_cores_count: 0, simd_count: 0, gfx_target_version: 0, vendor_id: 4098, device_id: 0, ...values }
  return Object.entries(all)
    .map(([name, value]) => `${name} ${value}\n`)
    .join("")
}

describe("AMD's words", () => {
  it.each([
    [{ simd_count: 416, gfx_target_version: 90010, device_id: 29704 }, "gfx90a"],
    [{ simd_count: 1216, gfx_target_version: 90402, device_id: 29857 }, "gfx942"],
    [{ simd_count: 192, gfx_target_version: 110000, device_id: 29772 }, "gfx1100"],
    [{ simd_count: 160, gfx_target_version: 100300, device_id: 29631 }, "gfx1030"],
    [{ cpu_cores_count: 64 }, null],
    [{ cpu_cores_count: 8, simd_count: 32, gfx_target_version: 90002 }, null],
  ])("a topology node of %j", (values, expected) => {
    expect(parseKfdTarget(kfdNode(values))).toBe(expected)
  })

  it.each([
    [
      "device,Card series,Card model,Card vendor,Card SKU\ncard0,AMD Instinct MI210,0x0c34,Advanced Micro Devices Inc. [AMD/ATI],D67301\n",
      ["AMD Instinct MI210"],
    ],
    [
      "device,Card Series,Card Model,Card Vendor,Card SKU,Subsystem ID,Device Rev,Node ID,GUID,GFX Version\ncard0,AMD Instinct MI300X,0x74a1,Advanced Micro Devices Inc. [AMD/ATI],M3000100,0x74a1,0x00,2,28851,gfx942\ncard1,AMD Instinct MI300X,0x74a1,Advanced Micro Devices Inc. [AMD/ATI],M3000100,0x74a1,0x00,3,51499,gfx942\n",
      ["AMD Instinct MI300X", "AMD Instinct MI300X"],
    ],
    ["device,Card series,Card model\ncard0,N/A,0x744c\n", []],
    ["WARNING: No AMD GPUs specified\n", []],
  ])("rocm-smi says %j", (text, expected) => {
    expect(parseRocmSmi(text)).toEqual(expected)
  })

  it.each([
    [
      "c3:00.0 Display controller: Advanced Micro Devices, Inc. [AMD/ATI] Aldebaran/MI200 [Instinct MI210] (rev 02)",
      ["AMD Instinct MI210"],
    ],
    [
      "0a:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Vega 20 [Radeon VII] (rev c1)",
      ["AMD Radeon VII"],
    ],
    // one chip of several products
    [
      "03:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M] (rev c8)",
      [],
    ],
    ["01:00.0 VGA compatible controller: NVIDIA Corporation AD102 [GeForce RTX 4090] (rev a1)", []],
    ["00:02.0 VGA compatible controller: Intel Corporation UHD Graphics 630 (Desktop)", []],
    ["0a:00.1 Audio device: Advanced Micro Devices, Inc. [AMD/ATI] Vega 20 HDMI Audio [Radeon VII]", []],
  ])("lspci says %j", (text, expected) => {
    expect(parseLspci(`${text}\n`)).toEqual(expected)
  })
})

describe("torch by its version.py", () => {
  it.each([
    [
      "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda', 'git_version', 'hip', 'xpu']\n__version__ = '2.4.1+cu121'\ndebug = False\ncuda: Optional[str] = '12.1'\ngit_version = '38b96d3399a695e704ed39b60dac733c3fbf20e2'\nhip: Optional[str] = None\n",
      { version: "2.4.1+cu121", cuda: "12.1" },
    ],
    [
      "__version__ = '1.13.0a0'\ndebug = False\ncuda = None\ngit_version = 'Unknown'\nhip = None\n",
      { version: "1.13.0a0", cuda: null },
    ],
    [
      "__version__ = '2.3.0+rocm6.0'\ncuda = None\nhip = '6.0.32830-d62f6a171'\n",
      { version: "2.3.0+rocm6.0", cuda: null },
    ],
    ["import os\n", null],
  ])("%j", (text, expected) => {
    expect(parseTorchVersion(text)).toEqual(expected)
  })
})

describe("the version of ffmpeg", () => {
  it.each([
    [
      "ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024 the FFmpeg developers\nbuilt with gcc 12",
      "5.1.6-0+deb12u1",
    ],
    ["ffmpeg version n7.1 Copyright (c) 2000-2024 the FFmpeg developers", "n7.1"],
    ["ffmpeg version N-117620-gd3aa99a4f4-20241028 Copyright (c)", "N-117620-gd3aa99a4f4-20241028"],
    ["sh: ffmpeg: not found", null],
  ])("in %j is %s", (text, expected) => {
    expect(parseFfmpegVersion(text)).toBe(expected)
  })
})

describe("the version of Python", () => {
  it.each([
    ["Python 3.11.2\n", "3.11.2"],
    ["Python 3.14.0rc2\n", "3.14.0rc2"],
    ["Python 2.7.18\n", "2.7.18"],
    ["zsh: command not found: python3", null],
    ["", null],
  ])("in %j is %s", (text, expected) => {
    expect(parsePythonVersion(text)).toBe(expected)
  })
})

/** A machine that holds these files and programs. */
function machine(init: {
  platform?: string
  arch?: string
  cpuBrand?: string
  files?: Record<string, string>
  programs?: Record<string, string>
}): Host {
  const { platform = "linux", arch = "x64", cpuBrand = "", files = {}, programs = {} } = init
  return {
    platform,
    arch,
    cpuBrand,
    read: (path) => files[path] ?? null,
    list: (path) => [
      ...new Set(
        Object.keys(files).flatMap((file) =>
          file.startsWith(`${path}/`) ? [file.slice(path.length + 1).split("/")[0] ?? ""] : [],
        ),
      ),
    ],
    run: (program, ...args) => programs[[program, ...args].join(" ")] ?? null,
  }
}

const NVIDIA = "/proc/driver/nvidia"
const KFD = "/sys/class/kfd/kfd/topology/nodes"
const SMI = "nvidia-smi --query-gpu=name --format=csv,noheader"

function nvidia(...names: string[]): Record<string, string> {
  const gpus = names.map((name, index) => [
    `${NVIDIA}/gpus/0000:0${index + 1}:00.0/information`,
    `Model: \t\t ${name}\n`,
  ])
  const driver = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19 01:15:15 UTC 2023\n"
  return { ...Object.fromEntries(gpus), [`${NVIDIA}/version`]: driver }
}

describe("a machine", () => {
  const env = (host: Host): Env => detectEnv({ sandbox: "none", accelerator: true, host })

  it("with one GPU of NVIDIA's", () => {
    const { accelerator, runtime } = env(machine({ files: nvidia("NVIDIA H100 80GB HBM3") }))
    expect(accelerator).toBe("H100")
    expect(runtime).toMatchObject({ gpus: "1", driver: "535.104.05", cpu: "unknown" })
  })

  it("with several has the first one's class, and says so", () => {
    const eight = env(machine({ files: nvidia(...Array.from({ length: 8 }, () => "NVIDIA A100-SXM4-80GB")) }))
    expect([eight.accelerator, eight.runtime["gpus"]]).toEqual(["A100", "8"])
    const mixed = env(machine({ files: nvidia("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 3060") }))
    expect([mixed.accelerator, mixed.runtime["gpus"]]).toEqual(["RTX_4090", "2_mixed"])
  })

  it("whose driver shows no folder is asked by nvidia-smi", () => {
    const { accelerator, runtime } = env(machine({ programs: { [SMI]: "NVIDIA GeForce RTX 3090\n" } }))
    expect(accelerator).toBe("RTX_3090")
    expect(runtime).not.toHaveProperty("driver")
  })

  it("with a GPU of AMD's that names itself", () => {
    const gpu = kfdNode({ simd_count: 416, gfx_target_version: 90010 })
    const files = {
      [`${KFD}/0/properties`]: kfdNode({ cpu_cores_count: 64 }),
      [`${KFD}/1/properties`]: gpu,
      "/sys/class/drm/card0/device/product_name": "AMD Instinct MI210\n",
      "/sys/module/amdgpu/version": "6.3.6\n",
    }
    const { accelerator, runtime } = env(machine({ files }))
    expect(accelerator).toBe("AMD_INSTINCT_MI210")
    expect(runtime).toMatchObject({ gpus: "1", driver: "6.3.6" })
  })

  it("with a GPU of AMD's that only its tools name, or nothing", () => {
    const files = { [`${KFD}/1/properties`]: kfdNode({ simd_count: 192, gfx_target_version: 110000 }) }
    const lspci =
      "03:00.0 VGA compatible controller: Advanced Micro Devices, Inc. [AMD/ATI] Navi 31 [Radeon RX 7900 XT/7900 XTX/7900M] (rev c8)\n"
    const rocm = "device,Card Series,Card Model\ncard0,Radeon RX 7900 XTX,0x744c\n"
    expect(env(machine({ files })).accelerator).toBe("AMD_GFX1100")
    expect(env(machine({ files, programs: { lspci } })).accelerator).toBe("AMD_GFX1100")
    const tools = { lspci, "rocm-smi --showproductname --csv": rocm }
    expect(env(machine({ files, programs: tools })).accelerator).toBe("RADEON_RX_7900_XTX")
  })

  it("of Apple's", () => {
    const sysctl = "machdep.cpu.brand_string: Apple M3 Max\nhw.optional.arm.FEAT_LSE: 1\nhw.optional.arm.FEAT_RDM: 1\n"
    const { accelerator, runtime } = env(
      machine({
        platform: "darwin",
        arch: "arm64",
        cpuBrand: "Apple M3 Max",
        programs: { "/usr/sbin/sysctl machdep.cpu hw.optional": sysctl },
      }),
    )
    expect(accelerator).toBe("APPLE_MPS")
    expect(runtime).toMatchObject({ cpu: "apple_m3_max", isa: "armv8.1-a" })
  })

  it("without a driver has no accelerator, whatever is plugged in", () => {
    const programs = {
      [SMI]: "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n",
      lspci: "01:00.0 VGA compatible controller: NVIDIA Corporation AD102 [GeForce RTX 4090] (rev a1)\n",
    }
    expect(env(machine({ programs })).accelerator).toBe("cpu")
  })

  it("says nothing of a GPU that jobs cannot reach", () => {
    const { accelerator, runtime } = detectEnv({ sandbox: "bubblewrap", host: machine({ files: nvidia("NVIDIA L4") }) })
    expect(accelerator).toBe("cpu")
    for (const name of ["gpus", "driver", "cuda"]) expect(runtime).not.toHaveProperty(name)
  })
})

describe("this machine", () => {
  it("is what Node says it is", () => {
    const env: Env = detectEnv({ sandbox: "bubblewrap" })
    expect(env).toMatchObject({ os: process.platform, arch: process.arch, sandbox: "bubblewrap" })
    expect(env.runtime).toMatchObject({ node: process.versions.node, v8: process.versions.v8 })
    expect(hardwareClass(env, ["arch", "runtime.node"])).toBe(`${process.arch}/${process.versions.node}`)
    expect(Object.keys(env.runtime)).toEqual(expect.arrayContaining(["cpu"]))
    expect(() => envSchema.parse(env)).not.toThrow()
  })

  it("has no accelerator that its jobs cannot reach", () => {
    expect(detectEnv({ sandbox: "none", accelerator: false }).accelerator).toBe("cpu")
    expect(detectEnv({ sandbox: "bubblewrap" }).accelerator).toBe("cpu")
    expect(detectEnv({ sandbox: "none" }).accelerator).toMatch(/^(cpu|[A-Z0-9_.]+)$/)
  })
})
