import type { Env } from "@spore/records"
import { findPython, type PythonInterpreter } from "../python/interpreter.ts"
import { torchOf } from "../python/torch.ts"
import { cpuModelOf, cpuModelOfCpuinfo } from "./cpu-model.ts"
import { findGpus } from "./gpus.ts"
import { type Host, thisHost } from "./host.ts"
import { featuresOfCpuinfo, featuresOfSysctl, isaOf } from "./isa.ts"

export interface DetectEnvInit {
  /** The backend that jobs run in, as `Sandbox.backend` names it. */
  sandbox: string
  /**
   * Whether jobs can use this machine's accelerator. By default only outside a sandbox, since the sandboxes show no
   * devices: what cannot be reached must not make a class.
   */
  accelerator?: boolean
  /** The Python that jobs use; the system's own by default. */
  python?: PythonInterpreter
  /** The machine to ask; this one by default. */
  host?: Host
}

const FFMPEG = "/usr/bin/ffmpeg"
/** Of a value of `env.runtime`. */
const MAX_VALUE_BYTES = 64

/**
 * What this machine is, as records state it; docs/spec/07-derived-state.md (7.1.1) says what each value is. Runs no
 * shell and no Python code; to ask ffmpeg for its version is most of the time it takes, up to a second.
 */
export function detectEnv(init: DetectEnvInit): Env {
  const host = init.host ?? thisHost
  const gpus = (init.accelerator ?? init.sandbox === "none") ? findGpus(host) : null
  const python = init.python ?? findPython()
  const torch = python === null ? null : torchOf(python.packages)
  return {
    accelerator: gpus?.classes[0] ?? "cpu",
    runtime: bounded({
      node: process.versions.node,
      v8: process.versions.v8,
      python: python?.version,
      torch: torch?.version,
      cpu: cpuOf(host),
      isa: isaOf(host.arch, featuresOf(host)),
      gpus: gpus === null ? null : countOf(gpus.classes),
      driver: gpus?.driver,
      cuda: gpus === null ? null : torch?.cuda,
      ffmpeg: parseFfmpegVersion(host.run(FFMPEG, "-version") ?? ""),
    }),
    os: host.platform,
    arch: host.arch,
    sandbox: init.sandbox,
  }
}

/** The version in what `ffmpeg -version` prints. */
export function parseFfmpegVersion(text: string): string | null {
  return /^ffmpeg version (\S+)/.exec(text)?.[1] ?? null
}

function cpuOf(host: Host): string {
  return host.platform === "linux" ? cpuModelOfCpuinfo(host.read("/proc/cpuinfo") ?? "") : cpuModelOf(host.cpuBrand)
}

function featuresOf(host: Host): ReadonlySet<string> {
  if (host.platform === "linux") return featuresOfCpuinfo(host.read("/proc/cpuinfo") ?? "")
  if (host.platform !== "darwin") return new Set()
  return featuresOfSysctl(host.run("/usr/sbin/sysctl", "machdep.cpu", "hw.optional") ?? "")
}

/** `2` for two of a kind, `2_mixed` for two of which only the first gives the class. */
function countOf(classes: readonly string[]): string {
  return new Set(classes).size === 1 ? `${classes.length}` : `${classes.length}_mixed`
}

/** What is known, cut to what a record may hold. All of it is ASCII but for tools' own words. */
function bounded(values: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const text = value?.replaceAll(/[^\x20-\x7e]/g, "").slice(0, MAX_VALUE_BYTES) ?? ""
      return text === "" ? [] : [[name, text]]
    }),
  )
}
