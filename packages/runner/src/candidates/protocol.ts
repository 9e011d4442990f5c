/**
 * What an evaluator and the host say to each other about one run of a candidate, over one connection:
 *
 *     frame     length of the payload (4 bytes, big-endian), kind (1 byte), payload
 *     evaluator start · upload* · ( stdin | stdin_end | window | kill )*
 *     host      ( stdout | stdout_end | window )* · stderr · end · output*, or refused
 *
 * `start`, `end` and the like are control frames, of JSON. Neither side sends more of stdin or stdout than the other has
 * granted by `window` (`WINDOW` at first): so no stream fills anybody's memory, and control frames always get through.
 * The connection's end ends the run.
 *
 * @packageDocumentation
 */
import { SporeError } from "@spore/records"
import { z } from "zod"

/** What a frame's payload is. `upload`: files for the candidate; `output`: files that it left. */
export const FRAME = { control: 0, stdin: 1, stdout: 2, stderr: 3, upload: 4, output: 5 } as const

export type FrameKind = (typeof FRAME)[keyof typeof FRAME]

/** A frame, or a part of one. */
export interface Frame {
  kind: FrameKind
  payload: Buffer
}

/** `candidate_protocol`: the evaluator's side does not keep to the protocol. */
export type CandidateErrorCode = "candidate_protocol"

/** Bytes of a stream that may be under way before the reader grants more. */
export const WINDOW: number = 1024 * 1024
export const MAX_PAYLOAD: number = 256 * 1024
/** Bytes of all files that go with a run, and of all that come back. */
export const MAX_FILE_BYTES: number = 64 * 1024 * 1024
export const MAX_FILES = 1000
/** Bytes of one stream of one run. */
export const MAX_STREAM_BYTES: number = 1024 ** 3

const HEADER = 5
const MAX_ENV_BYTES = 64 * 1024
const KINDS: ReadonlySet<number> = new Set(Object.values(FRAME))

function isKind(kind: number | undefined): kind is FrameKind {
  return kind !== undefined && KINDS.has(kind)
}

export interface StartRequest {
  type: "start"
  /** As `SandboxJob.cmd`; run in the folder of the candidate's files. */
  cmd: string[]
  /** Frozen files that the candidate gets to see. */
  files: string[]
  /** Files of the evaluator's making; their bytes follow in this order, as `upload` frames. */
  uploads: { path: string; size: number }[]
  env: Record<string, string>
  /** Wall seconds at full speed; null: as long as the evaluation may take. */
  seconds: number | null
}

export type CandidateRequest =
  | StartRequest
  | { type: "stdin_end" }
  | { type: "window"; bytes: number }
  | { type: "kill" }

const requestSchema: z.ZodType<CandidateRequest> = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("start"),
    cmd: z.array(z.string().max(4096)).min(1).max(64),
    files: z.array(z.string().max(256)).max(MAX_FILES),
    uploads: z
      .array(z.strictObject({ path: z.string().min(1).max(256), size: z.number().int().min(0).max(MAX_FILE_BYTES) }))
      .max(MAX_FILES)
      .refine((files) => files.reduce((sum, { size }) => sum + size, 0) <= MAX_FILE_BYTES, "too many bytes"),
    env: z
      .record(z.string().max(128), z.string())
      .refine((env) => Buffer.byteLength(Object.entries(env).flat().join("")) <= MAX_ENV_BYTES, "too many bytes"),
    seconds: z.number().positive().nullable(),
  }),
  z.strictObject({ type: z.literal("stdin_end") }),
  z.strictObject({ type: z.literal("window"), bytes: z.number().int().positive().max(WINDOW) }),
  z.strictObject({ type: z.literal("kill") }),
])

/** How a candidate's run ended. */
export interface CandidateEnd {
  outcome: "ok" | "crash" | "timeout" | "oom" | "limit"
  /** Null unless the program ended by itself. */
  exitCode: number | null
  /** One line for people; empty where it is ok. */
  detail: string
  /** Wall seconds. */
  seconds: number
  /** What it left in its output folder; the bytes follow in this order. */
  files: { path: string; size: number }[]
}

export type CandidateReply =
  | { type: "window"; bytes: number }
  | { type: "stdout_end" }
  | ({ type: "end" } & CandidateEnd)
  | { type: "refused"; reason: string }

/** What goes before a payload of so many bytes. */
export function frameHeader(kind: FrameKind, length: number): Buffer {
  const header = Buffer.allocUnsafe(HEADER)
  header.writeUInt32BE(length, 0)
  header.writeUInt8(kind, 4)
  return header
}

/**
 * Reads frames out of chunks of any size. Control frames are handed on whole, the others in the parts in which they
 * come, so that nothing of them is held or copied.
 *
 * @throws SporeError `candidate_protocol` from the returned function
 */
export function createFrameReader(onPart: (part: Frame) => void): (chunk: Buffer) => void {
  const header = Buffer.alloc(HEADER)
  let headerBytes = 0
  let kind: FrameKind = FRAME.control
  let missing = 0
  let control: Buffer[] = []

  const takeHeader = (chunk: Buffer): number => {
    const taken = chunk.copy(header, headerBytes)
    headerBytes += taken
    if (headerBytes < HEADER) return taken
    missing = header.readUInt32BE(0)
    const sent = header[4]
    if (missing > MAX_PAYLOAD) throw protocolError(`a frame of ${missing} bytes`)
    if (!isKind(sent)) throw protocolError(`a frame of the unknown kind ${sent}`)
    kind = sent
    return taken
  }
  const takePayload = (part: Buffer): void => {
    missing -= part.length
    if (kind !== FRAME.control) {
      if (part.length > 0) onPart({ kind, payload: part })
      return
    }
    control.push(part)
    if (missing > 0) return
    const payload = Buffer.concat(control)
    control = []
    onPart({ kind, payload })
  }

  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (headerBytes < HEADER) at += takeHeader(chunk.subarray(at))
      if (headerBytes < HEADER) return
      const part = chunk.subarray(at, at + missing)
      at += part.length
      takePayload(part)
      if (missing === 0) headerBytes = 0
    }
  }
}

/** @throws SporeError `candidate_protocol` */
export function parseRequest(payload: Buffer): CandidateRequest {
  let value: unknown
  try {
    value = JSON.parse(payload.toString())
  } catch {
    throw protocolError("a control frame that is no JSON")
  }
  const parsed = requestSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw protocolError(`a malformed request: ${issue?.path.join(".")}: ${issue?.message}`)
}

export function protocolError(reason: string): SporeError<CandidateErrorCode> {
  return new SporeError("candidate_protocol", `the evaluator sent ${reason}`)
}
