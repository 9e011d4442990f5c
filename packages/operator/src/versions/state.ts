import { z } from "zod"
import { versionSchema } from "../release.ts"

/** Newest entries kept of the history. */
export const MAX_HISTORY = 200

export type VersionEvent = "installed" | "tried" | "accepted" | "rejected" | "rolled_back" | "forgiven" | "removed"

export interface HistoryEntry {
  /** Unix seconds. */
  readonly at: number
  readonly event: VersionEvent
  readonly version: string
  /** Why, where there is a reason. */
  readonly reason: string | null
}

/** `state.json` of the folder of versions. */
export interface VersionState {
  readonly format: 1
  /** What commands run; null: what was installed by hand. */
  readonly current: string | null
  /** What a rollback returns to, where there is something to return to; its version null: what was installed by hand. */
  readonly previous: { readonly version: string | null } | null
  /** `attempts` are those that came to an end by itself or to none: not those that were taken back. */
  readonly trial: { readonly version: string; readonly attempts: number; readonly began: number } | null
  /** Not run again, whatever channel or folder offers it. */
  readonly refused: Readonly<Record<string, { readonly reason: string; readonly at: number }>>
  readonly history: readonly HistoryEntry[]
}

const events = ["installed", "tried", "accepted", "rejected", "rolled_back", "forgiven", "removed"] as const

export const versionStateSchema: z.ZodType<VersionState> = z.object({
  format: z.literal(1),
  current: versionSchema.nullable(),
  previous: z.object({ version: versionSchema.nullable() }).nullable(),
  trial: z.object({ version: versionSchema, attempts: z.number().int().nonnegative(), began: z.number() }).nullable(),
  refused: z.record(versionSchema, z.object({ reason: z.string(), at: z.number() })),
  history: z
    .array(z.object({ at: z.number(), event: z.enum(events), version: versionSchema, reason: z.string().nullable() }))
    .max(MAX_HISTORY),
})

export const NO_VERSIONS: VersionState = {
  format: 1,
  current: null,
  previous: null,
  trial: null,
  refused: {},
  history: [],
}
