import type { Env } from "@spore/records"
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { acceleratorClass, parseNvidiaInformation } from "./accelerator.ts"

export interface DetectEnvInit {
  /** The backend that jobs run in, as `Sandbox.backend` names it. */
  sandbox: string
  /**
   * Whether jobs can use this machine's accelerator. By default only outside a sandbox, since the sandboxes show no
   * devices: what cannot be reached must not make a class.
   */
  accelerator?: boolean
}

const PYTHON = "/usr/bin/python3"
const NVIDIA_FOLDER = "/proc/driver/nvidia/gpus"
const TIMEOUT_MS = 5000

/** What this machine is, as records state it. Takes some milliseconds; runs no shell and needs no Python package. */
export function detectEnv(init: DetectEnvInit): Env {
  const reachable = init.accelerator ?? init.sandbox === "none"
  const python = parsePythonVersion(run(PYTHON, "--version") ?? "")
  return {
    accelerator: (reachable ? detectAccelerator() : null) ?? "cpu",
    runtime: {
      node: process.versions.node,
      v8: process.versions.v8,
      ...(python === null ? {} : { python }),
    },
    os: process.platform,
    arch: process.arch,
    sandbox: init.sandbox,
  }
}

/** The version in what `python3 --version` prints. */
export function parsePythonVersion(text: string): string | null {
  return /^Python (\d+\.\d+\.\d+\S*)/.exec(text)?.[1] ?? null
}

function detectAccelerator(): string | null {
  if (process.platform === "darwin") return process.arch === "arm64" ? acceleratorClass("Apple") : null
  const name =
    nvidiaFromDriver() ?? run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")?.split("\n")[0]?.trim()
  return name === undefined || name === "" ? null : acceleratorClass(name)
}

function nvidiaFromDriver(): string | null {
  try {
    for (const gpu of readdirSync(NVIDIA_FOLDER).toSorted()) {
      const name = parseNvidiaInformation(readFileSync(`${NVIDIA_FOLDER}/${gpu}/information`, "utf8"))
      if (name !== null) return name
    }
  } catch {
    // no driver
  }
  return null
}

/** What a program prints; null where it is missing or fails. */
function run(program: string, ...args: string[]): string | null {
  try {
    return execFileSync(program, args, { encoding: "utf8", timeout: TIMEOUT_MS, stdio: ["ignore", "pipe", "ignore"] })
  } catch {
    return null
  }
}
