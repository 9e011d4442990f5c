import { createHash } from "node:crypto"
import { silentLogger } from "@spore/records"
import {
  createLegacyWire,
  HOME_LEGACY,
  type LegacyAddress,
  type LegacyLimits,
  type LegacyObject,
  type LegacyPeer,
  type LegacyServer,
  type LegacyWireInit,
  listenLegacy,
  runSession,
  signLegacy,
  syncLegacy,
  type LegacySyncReport,
} from "../src/index.ts"
import { alice, bob, control, experiment, manifest } from "./made.ts"
import type { MemoryFacts } from "./memory-facts.ts"

/** Unix seconds of the clocks of these tests. */
export const NOW = 1_760_100_000

export const LOOPBACK: LegacyAddress = { host: "127.0.0.1", port: 0 }

/** Bounds for tests: short pauses, generous times. */
export const QUICK: LegacyLimits = { ...HOME_LEGACY, pollMs: 50, askBackMs: 60_000 }

export function wireInit(facts: MemoryFacts, limits: Partial<LegacyLimits> = {}): LegacyWireInit {
  return { facts, limits: { ...QUICK, ...limits }, clock: { now: () => NOW * 1000 }, log: silentLogger }
}

/** A listening node of ours. */
export interface Listening extends AsyncDisposable {
  readonly server: LegacyServer
  readonly address: LegacyAddress
  readonly peers: LegacyPeer[]
}

export async function listening(facts: MemoryFacts, limits: Partial<LegacyLimits> = {}): Promise<Listening> {
  const wire = createLegacyWire(wireInit(facts, limits))
  const peers: LegacyPeer[] = []
  const sessions = new Set<Promise<void>>()
  const server = await listenLegacy({
    wire,
    address: LOOPBACK,
    onPeer: (peer) => {
      peers.push(peer)
      sessions.add(runSession({ wire, peer, name: null }))
    },
  })
  return {
    server,
    address: server.address,
    peers,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await Promise.all(sessions)
    },
  }
}

export function syncWith(
  address: LegacyAddress,
  facts: MemoryFacts,
  limits: Partial<LegacyLimits> = {},
  more: { isFull?: boolean } = {},
): Promise<LegacySyncReport> {
  return syncLegacy({ ...wireInit(facts, limits), address, signal: AbortSignal.timeout(60_000), ...more })
}

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

/** A task, a lineage of `length` with code of its own each, a rerun and a profile. */
export function sample(length: number, name: string): { objects: LegacyObject[]; code: Record<string, string> } {
  const code: Record<string, string> = {}
  const objects: LegacyObject[] = [manifest({ name })]
  let parent: string | null = null
  for (let n = 0; n < length; n++) {
    const text = `print('${name} ${n}')\n`
    code[sha256(text)] = text
    const made: LegacyObject = experiment({
      parent,
      code_cid: sha256(text),
      description: `${name} ${n}`,
      timestamp: BigInt(1_760_000_000 + n),
    })
    objects.push(made)
    parent = made.id
  }
  objects.push(control("legacy_verification", bob, parent ?? ""))
  objects.push(signLegacy(alice, "legacy_profile", { display_name: name, timestamp: 1_760_000_000n }))
  return { objects, code }
}
