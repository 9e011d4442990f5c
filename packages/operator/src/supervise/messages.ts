import { z } from "zod"

/**
 * What a supervised program tells its supervisor, over the IPC channel of Node.js:
 * `phase`: what a long start is doing, so that it is not taken for one that hangs;
 * `healthy`: it started, has its database open and answers;
 * `hindered`: it cannot start, and not by its own fault: the disk is full, or another process has the data folder;
 * `switch`: run this installed version instead, on trial, once I have ended;
 * `restart`: run me again once I have ended.
 */
export type FromProgram =
  | { readonly type: "phase"; readonly phase: string }
  | { readonly type: "healthy" }
  | { readonly type: "hindered"; readonly reason: string }
  | { readonly type: "switch"; readonly version: string }
  | { readonly type: "restart" }

/** What a supervisor tells its program: `stop`, in order. A program whose supervisor is gone stops too. */
export type ToProgram = { readonly type: "stop" }

export const fromProgramSchema: z.ZodType<FromProgram> = z.discriminatedUnion("type", [
  z.object({ type: z.literal("phase"), phase: z.string().max(256) }),
  z.object({ type: z.literal("healthy") }),
  z.object({ type: z.literal("hindered"), reason: z.string().max(256) }),
  z.object({ type: z.literal("switch"), version: z.string().max(64) }),
  z.object({ type: z.literal("restart") }),
])

export const toProgramSchema: z.ZodType<ToProgram> = z.object({ type: z.literal("stop") })
