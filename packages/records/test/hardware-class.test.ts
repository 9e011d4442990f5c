import { expect, test } from "vitest"
import { type Env, hardwareClass, normaliseClassValue } from "../src/index.ts"

const env: Env = {
  accelerator: "NVIDIA GeForce RTX 4090",
  runtime: { node: "26.10.0", torch: "2.9.0+cu130" },
  os: "linux",
  arch: "x64",
  sandbox: "bubblewrap",
}

test("joins the values of the task's keys in the task's order", () => {
  expect(hardwareClass(env, ["arch", "runtime.node"])).toBe("x64/26.10.0")
  expect(hardwareClass(env, ["runtime.node", "arch"])).toBe("26.10.0/x64")
  expect(hardwareClass(env, ["accelerator", "os", "runtime.torch"])).toBe("nvidia_geforce_rtx_4090/linux/2.9.0+cu130")
})

test("is one class for all where the task names no keys", () => {
  expect(hardwareClass(env, [])).toBe("")
})

test("says unknown for what a machine does not state, nor finds what objects inherit", () => {
  expect(hardwareClass(env, ["runtime.python", "runtime.constructor", "runtime.tostring"])).toBe(
    "unknown/unknown/unknown",
  )
})

test.each([
  ["X64", "x64"],
  ["RTX  4090 (Laptop)", "rtx_4090_laptop_"],
  ["a/b", "a_b"],
  ["Größe", "gr_e"],
  // The Kelvin sign and İ lower to ASCII letters in Unicode; here they are just not ASCII.
  ["\u212a\u0130", "_"],
  ["", "unknown"],
])("%j becomes %j", (value, expected) => {
  expect(normaliseClassValue(value)).toBe(expected)
  expect(normaliseClassValue(expected)).toBe(expected)
})
