import { messageOf } from "@spore/records"
import { existsSync } from "node:fs"
import { adviseBubblewrap, adviseHardLimits, bubblewrapHost } from "./bubblewrap/advice.ts"
import { type BubblewrapInit, createBubblewrapSandbox } from "./bubblewrap/bubblewrap.ts"
import { runCanary } from "./canary.ts"
import { openCgroups } from "./cgroups.ts"
import { createContainerSandbox } from "./container/container.ts"
import { type EngineProblem, findEngine } from "./container/engine.ts"
import type { LimitHardness, Sandbox } from "./sandbox.ts"
import { createSeatbeltSandbox, SANDBOX_EXEC } from "./seatbelt/seatbelt.ts"

export interface SandboxProbeInit extends Pick<BubblewrapInit, "nodePath" | "bwrapPath" | "gpu" | "python"> {
  /** The image that jobs in containers get; without one there is no container backend. */
  image?: string
  /** Tries every backend; by default those after the first that works are left out. */
  all?: boolean
}

/** What became of one backend's canary. */
export interface SandboxFinding {
  backend: string
  ok: boolean
  /** Why it cannot be used; empty where it can. */
  reason: string
  /** What to do about it, or for harder limits: a command or a setting; null where nothing helps or nothing is wrong. */
  next: string | null
  /** Null where it cannot be used. */
  hardness: LimitHardness | null
  /** Not all of the compliance suite was ever run on this kind. */
  untested: boolean
}

export interface SandboxProbe {
  /** The sandbox that strangers' code may run in; null where this machine has none. */
  sandbox: Sandbox | null
  findings: SandboxFinding[]
}

/** A backend that fits this platform. */
interface Candidate {
  backend: string
  open(): Promise<EngineProblem | Opened>
  /** What to do where its canary failed for this reason. */
  advise(reason: string): string | null
}

interface Opened {
  sandbox: Sandbox
  /** What would make its limits harder. */
  harder: string | null
  untested: boolean
}

/** Finds out by a canary job which sandbox works here: its presence alone proves nothing. */
export async function probeSandboxes(init: SandboxProbeInit = {}): Promise<SandboxProbe> {
  const candidates = candidatesFor(process.platform, init)
  let chosen: Sandbox | null = null
  const findings: SandboxFinding[] = []
  for (const candidate of candidates) {
    const { finding, sandbox } = await tryCandidate(candidate)
    findings.push(finding)
    chosen ??= sandbox
    if (chosen !== null && init.all !== true) break
  }
  return { sandbox: chosen, findings }
}

async function tryCandidate(candidate: Candidate): Promise<{ finding: SandboxFinding; sandbox: Sandbox | null }> {
  const { backend } = candidate
  const failed = (reason: string, next: string | null): { finding: SandboxFinding; sandbox: null } => ({
    finding: { backend, ok: false, reason, next, hardness: null, untested: false },
    sandbox: null,
  })
  try {
    const opened = await candidate.open()
    if ("reason" in opened) return failed(opened.reason, opened.next)
    const { sandbox, harder, untested } = opened
    const reason = await runCanary(sandbox)
    if (reason !== null) return failed(reason, candidate.advise(reason))
    return { finding: { backend, ok: true, reason: "", next: harder, hardness: sandbox.hardness, untested }, sandbox }
  } catch (error) {
    const reason = messageOf(error)
    return failed(reason, candidate.advise(reason))
  }
}

/** In order of preference. */
function candidatesFor(platform: NodeJS.Platform, init: SandboxProbeInit): Candidate[] {
  if (platform === "linux") return [bubblewrap(init), container(init)]
  if (platform === "darwin") return [container(init), seatbelt(init)]
  return []
}

function bubblewrap({ nodePath, bwrapPath, gpu, python }: SandboxProbeInit): Candidate {
  const host = bubblewrapHost(bwrapPath ?? "/usr/bin/bwrap")
  return {
    backend: "bubblewrap",
    async open() {
      const reason = "bubblewrap is not installed"
      if (!host.installed) return { reason, next: adviseBubblewrap(reason, host) }
      const found = openCgroups()
      const sandbox = createBubblewrapSandbox({
        ...(nodePath === undefined ? {} : { nodePath }),
        ...(bwrapPath === undefined ? {} : { bwrapPath }),
        ...(gpu === undefined ? {} : { gpu }),
        ...(python === undefined ? {} : { python }),
        cgroups: "reason" in found ? null : found,
      })
      if ("reason" in found) return { sandbox, harder: adviseHardLimits(found.reason), untested: false }
      return { sandbox, harder: null, untested: true }
    },
    advise: (reason) => adviseBubblewrap(reason, host),
  }
}

function container({ nodePath, gpu, image }: SandboxProbeInit): Candidate {
  return {
    backend: "container",
    async open() {
      const engine = await findEngine(image)
      if ("reason" in engine) return engine
      const sandbox = createContainerSandbox({
        engine,
        image: image ?? "",
        ...(nodePath === undefined ? {} : { nodePath }),
        ...(gpu === undefined ? {} : { gpu }),
      })
      const isTested = engine.kind === "podman" && process.getuid?.() === 0
      return { sandbox, harder: null, untested: !isTested }
    },
    advise: () => "try it by hand: podman run --rm --network none IMAGE true",
  }
}

function seatbelt({ nodePath, python }: SandboxProbeInit): Candidate {
  return {
    backend: "seatbelt",
    async open() {
      if (!existsSync(SANDBOX_EXEC)) return { reason: `there is no ${SANDBOX_EXEC}`, next: null }
      return {
        sandbox: createSeatbeltSandbox({
          ...(nodePath === undefined ? {} : { nodePath }),
          ...(python === undefined ? {} : { python }),
        }),
        harder: null,
        untested: true,
      }
    },
    advise: () => null,
  }
}
