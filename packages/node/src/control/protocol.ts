import { z } from "zod"

/** What another process of the same user may ask of a running node. */
export type ControlRequest =
  /** Whether the node takes requests; answers with its node id. */
  | { readonly op: "ping" }
  /** Dial a peer and keep the connection; answers with its node id. */
  | { readonly op: "connect"; readonly address: string }
  /** Let a peer go, by node id or address. */
  | { readonly op: "disconnect"; readonly peer: string }
  /** Make the blocks of an artifact local. */
  | { readonly op: "fetch_artifact"; readonly cid: string }
  /** Rerun an experiment, before anything else; answers with the id of the published record. Who leaves gives it up. */
  | { readonly op: "verify"; readonly experiment: string }
  /**
   * Run a candidate whose blocks are held, before anything else; answers with the trial's id, which readTrials gives
   * with its result. Who leaves gives it up.
   */
  | {
      readonly op: "try"
      readonly parent: string
      readonly code: string
      readonly title: string
      readonly hypothesis: string
      readonly agent: string
      readonly publish: boolean
    }
  /** Sign and publish a trial; answers with the experiment's id. */
  | { readonly op: "publish_trial"; readonly trial: string }
  /** Delete artifacts that need not be kept; answers with JSON of what was deleted. */
  | { readonly op: "collect_artifacts"; readonly dryRun: boolean }
  /**
   * End in order, once running jobs have ended or a time is over, and run another installed version on trial; null: the
   * current one, whichever that is by then. Answered before the end: `changing`, or null where that is what runs.
   */
  | { readonly op: "switch_version"; readonly version: string | null }
  /**
   * Stay as it is, where it waits to end so that another version is tried; answers with that version, or null where it
   * does not wait.
   */
  | { readonly op: "call_off_switch" }

/** What takes as long as it takes: it runs code, or waits for other nodes. */
export const LONG_REQUESTS: readonly ControlRequest["op"][] = ["fetch_artifact", "verify", "try"]

export type ControlAnswer =
  | { readonly ok: true; readonly result: string | null }
  | { readonly ok: false; readonly code: string; readonly message: string; readonly next: string | null }

/** What can go wrong between a command and the node that runs. */
export type ControlErrorCode =
  | "node_not_running"
  /** It runs, and did not answer in time. */
  | "no_answer"
  /** It is of another version. */
  | "bad_answer"
  | "bad_request"
  /** Nobody would start it again in another version. */
  | "not_supervised"
  /** As many requests are under way as it takes. */
  | "busy"
  /** The socket could be another user's. */
  | "control_unsafe"
  /** The socket cannot be opened. */
  | "control_unusable"

/** Most characters of a message: requests and answers are one line of JSON each. */
export const MAX_CONTROL_LINE: number = 64 * 1024

const words = z.string().min(1).max(2048)
/** A record's text is checked by the node. */
const prose = z.string().max(8192)
export const controlRequest: z.ZodType<ControlRequest> = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("ping") }),
  z.strictObject({ op: z.literal("connect"), address: words }),
  z.strictObject({ op: z.literal("disconnect"), peer: words }),
  z.strictObject({ op: z.literal("fetch_artifact"), cid: words }),
  z.strictObject({ op: z.literal("verify"), experiment: words }),
  z.strictObject({
    op: z.literal("try"),
    parent: words,
    code: words,
    title: prose,
    hypothesis: prose,
    agent: prose,
    publish: z.boolean(),
  }),
  z.strictObject({ op: z.literal("publish_trial"), trial: words }),
  z.strictObject({ op: z.literal("collect_artifacts"), dryRun: z.boolean() }),
  z.strictObject({ op: z.literal("switch_version"), version: words.nullable() }),
  z.strictObject({ op: z.literal("call_off_switch") }),
])
export const controlAnswer: z.ZodType<ControlAnswer> = z.discriminatedUnion("ok", [
  z.strictObject({ ok: z.literal(true), result: z.string().nullable() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), message: z.string(), next: z.string().nullable() }),
])
