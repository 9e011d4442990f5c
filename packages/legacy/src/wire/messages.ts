import { isLegacyId } from "../links.ts"
import { isControlType, type LegacyType } from "../objects/families.ts"
import type { PyJson } from "../python-json/index.ts"
import { encodeFrame } from "./frame.ts"

/** The three logs that 0.6 nodes ask each other for, in this order. Profiles are in none. */
export type LegacyLog = "sync" | "control_sync" | "task_sync"
export const LEGACY_LOGS: readonly LegacyLog[] = ["sync", "control_sync", "task_sync"]

/** The log that objects of a type are in; null for profiles. */
export function logOf(type: LegacyType): LegacyLog | null {
  if (type === "experiment") return "sync"
  if (type === "task") return "task_sync"
  return isControlType(type) ? "control_sync" : null
}

/** Whether an object of this time is part of an answer: experiments from `since` on, others after it. */
export function isAsked(log: LegacyLog, created: number, since: number): boolean {
  return log === "sync" ? created >= since : created > since
}

/** The request for what is dated from `since` on, in all three logs. */
export function encodeRequest(log: LegacyLog, since: number): Uint8Array {
  return encodeFrame(`${log}_request`, `{"since":${log === "sync" ? since : since - 1}}`)
}

export function encodeMarker(log: LegacyLog, since: number, count: number): Uint8Array {
  return encodeFrame(`${log}_response`, `{"since":${since},"count":${count}}`)
}

export function encodeCodeRequest(digest: string): Uint8Array {
  return encodeFrame("code_request", `{"code_cid":"${digest}"}`)
}

export function encodeCode(digest: string, bytes: Uint8Array): Uint8Array {
  return encodeFrame("code_response", `{"code_cid":"${digest}","code":"${Buffer.from(bytes).toString("base64")}"}`)
}

export const PING: Uint8Array = encodeFrame("ping", "{}")
export const PONG: Uint8Array = encodeFrame("pong", "{}")
/** Which nodes there are is nobody's to tell: 0.6 nodes dial whatever they are told. */
export const NO_PEERS: Uint8Array = encodeFrame("pex_response", '{"peer":[]}')

/** A member of a payload as a whole number of seconds; null where it is none. */
export function readTime(payload: PyJson, name: string): number | null {
  const value = payload instanceof Map ? (payload.get(name) ?? 0n) : null
  if (typeof value !== "bigint" && typeof value !== "number") return null
  const number = Math.floor(Number(value))
  return Number.isNaN(number) ? null : Math.min(Number.MAX_SAFE_INTEGER, Math.max(-1, number))
}

/** The sha-256 that a payload names, exactly 64 lower-case hex digits; null for anything else, such as a path. */
export function readDigest(payload: PyJson): string | null {
  const value = payload instanceof Map ? payload.get("code_cid") : null
  return typeof value === "string" && isLegacyId(value) ? value : null
}

/** The bytes of a `code_response`; null where there are none. */
export function readCode(payload: PyJson): Uint8Array | null {
  const value = payload instanceof Map ? payload.get("code") : null
  return typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : null
}
