import { hardwareClass, type Env } from "@spore/records"
import { describe, expect, it } from "vitest"
import { acceleratorClass, parseNvidiaInformation } from "../src/hardware/accelerator.ts"
import { detectEnv, parsePythonVersion } from "../src/index.ts"

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
    ["Apple M3 Max", "APPLE_MPS"],
    ["mps", "APPLE_MPS"],
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

describe("this machine", () => {
  it("is what Node says it is", () => {
    const env: Env = detectEnv({ sandbox: "bubblewrap" })
    expect(env).toMatchObject({ os: process.platform, arch: process.arch, sandbox: "bubblewrap" })
    expect(env.runtime).toMatchObject({ node: process.versions.node, v8: process.versions.v8 })
    expect(hardwareClass(env, ["arch", "runtime.node"])).toBe(`${process.arch}/${process.versions.node}`)
  })

  it("has no accelerator that its jobs cannot reach", () => {
    expect(detectEnv({ sandbox: "none", accelerator: false }).accelerator).toBe("cpu")
    expect(detectEnv({ sandbox: "bubblewrap" }).accelerator).toBe("cpu")
    expect(detectEnv({ sandbox: "none" }).accelerator).toMatch(/^(cpu|[A-Z0-9_.]+)$/)
  })
})
