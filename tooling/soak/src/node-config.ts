import { z } from "zod"

/** What a node process is told at its start. */
export const nodeConfig = z.object({
  dataDir: z.string(),
  /** Number of its test key. */
  key: z.int().min(0).max(65_535),
  /** Multiaddrs. */
  listen: z.array(z.string()),
  /** Addresses to dial and keep. */
  peers: z.array(z.string()).default([]),
  /** A public relay: circuit relay, and the limits for strangers. */
  relay: z.boolean().default(false),
  /** What differs from the limits of a public relay. */
  relayLimits: z.record(z.string(), z.number()).default({}),
  /** Of the records it makes. */
  seed: z.int().default(1),
  syncIntervalSeconds: z.number().default(10),
})

export type NodeConfig = z.input<typeof nodeConfig>
