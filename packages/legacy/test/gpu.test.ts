import { expect, test } from "vitest"
import { gpuClass, gpuTolerance } from "../src/index.ts"

test.each([
  ["NVIDIA GeForce RTX 4090", "RTX_4090", 0.002],
  ["rtx-4090", "RTX_4090", 0.002],
  ["RTX4090", "RTX_4090", 0.002],
  ["NVIDIA GeForce RTX 3060 Laptop GPU", "RTX_3060", 0.003],
  ["RTX_3090", "RTX_3090", 0.003],
  ["RTX_5090", "RTX_5090", 0.002],
  ["GeForce GTX 1050 Ti", "GTX_1050", 0.002],
  ["GTX 970", "GTX_970", 0.002],
  ["H100-SXM5-80GB", "H100", 0.0015],
  ["a100 sxm4 80gb", "A100", 0.0015],
  ["NVIDIA H100", "NVIDIA_H100", 0.002],
  ["Apple M3 Max", "APPLE_MPS", 0.002],
  ["mps", "APPLE_MPS", 0.002],
  ["cpu", "CPU", 0.002],
  [" \t", "UNKNOWN", 0.002],
  ["", "UNKNOWN", 0.002],
  ["Tesla  - V100", "TESLA_V100", 0.002],
  ["straße", "STRAßE", 0.002],
])("%j is of class %s", (model, className, tolerance) => {
  expect(gpuClass(model)).toBe(className)
  expect(gpuTolerance(className)).toBe(tolerance)
})
