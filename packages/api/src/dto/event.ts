import { z } from "zod"
import { type Activity, nullableActivitySchema } from "./activity.ts"
import { countSchema, nodeIdSchema, nodeNameSchema, recordIdSchema, timeSchema } from "./common.ts"
import { type Notice, noticeSchema } from "./notice.ts"
import { type Peer, peerSchema } from "./peer.ts"
import { researchEndSchema, type ResearchStatus } from "./research.ts"

/** A stored fact. */
export interface FactEvent {
  seq: number
  id: string
  kind: string
  task: string | null
  node: string
  node_name: string | null
  created: number
}

/**
 * What `/events` sends, by event type. `ready` opens a stream; `reset` says that facts between the asked-for sequence
 * number and now are not replayed: load again what you show.
 */
export type ServerEvent =
  | { type: "ready"; data: { seq: number } }
  | { type: "reset"; data: { seq: number } }
  | { type: "fact"; data: FactEvent }
  | { type: "activity"; data: { worker: number; activity: Activity | null } }
  | { type: "research_ended"; data: { reason: NonNullable<ResearchStatus["ended"]> } }
  | { type: "peers"; data: { peers: Peer[] } }
  | { type: "notice"; data: Notice }
  | { type: "notice_over"; data: { code: string } }

export type EventType = ServerEvent["type"]
/** The types a subscriber may choose from; `ready` and `reset` always come. */
export const SUBSCRIBABLE = ["fact", "activity", "research_ended", "peers", "notice", "notice_over"] as const

const position = z.object({ seq: countSchema })

export const serverEventSchema: z.ZodType<ServerEvent> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), data: position }),
  z.object({ type: z.literal("reset"), data: position }),
  z.object({
    type: z.literal("fact"),
    data: z.object({
      seq: countSchema,
      id: recordIdSchema,
      kind: z.string(),
      task: recordIdSchema.nullable(),
      node: nodeIdSchema,
      node_name: nodeNameSchema,
      created: timeSchema,
    }),
  }),
  z.object({
    type: z.literal("activity"),
    data: z.object({ worker: countSchema, activity: nullableActivitySchema }),
  }),
  z.object({ type: z.literal("research_ended"), data: z.object({ reason: researchEndSchema }) }),
  z.object({ type: z.literal("peers"), data: z.object({ peers: z.array(peerSchema) }) }),
  z.object({ type: z.literal("notice"), data: noticeSchema }),
  z.object({ type: z.literal("notice_over"), data: z.object({ code: z.string() }) }),
])
