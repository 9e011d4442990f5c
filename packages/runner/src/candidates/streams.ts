/** A candidate's stdin and stdout between its sandbox and the windows that the two sides grant each other. */
import { PassThrough, type Readable, Writable } from "node:stream"
import { MAX_PAYLOAD, MAX_STREAM_BYTES, protocolError, WINDOW } from "./protocol.ts"

export interface CandidateStdin {
  readonly stream: Readable
  /** @throws SporeError `candidate_protocol` for more than was granted, or than a run may have */
  write(payload: Buffer): void
  end(): void
}

/** Takes what the evaluator sends, and grants more as the candidate reads. */
export function createStdin(grant: (bytes: number) => void): CandidateStdin {
  const stream = new PassThrough()
  let room = WINDOW
  let total = 0
  let taken = 0
  // what comes for a program that has ended is dropped
  stream.on("error", () => undefined)
  return {
    stream,
    write(payload) {
      room -= payload.length
      total += payload.length
      if (room < 0) throw protocolError("more stdin than was granted")
      if (total > MAX_STREAM_BYTES) throw protocolError(`more than ${MAX_STREAM_BYTES} bytes of stdin`)
      stream.write(payload, () => {
        taken += payload.length
        if (taken < WINDOW / 2) return
        room += taken
        grant(taken)
        taken = 0
      })
    },
    end: () => stream.end(),
  }
}

export interface CandidateStdout {
  readonly stream: Writable
  /** The evaluator has read so many bytes. */
  grant(bytes: number): void
}

/** Sends what the candidate prints as far as the evaluator has granted, and holds the candidate up beyond that. */
export function createStdout(init: {
  send: (payload: Buffer) => void
  /** Called once, when the candidate printed more than a run may. */
  onFlood: () => void
}): CandidateStdout {
  let window = WINDOW
  let total = 0
  let resume: (() => void) | null = null
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      total += chunk.length
      if (total > MAX_STREAM_BYTES) {
        init.onFlood()
        done()
        return
      }
      let rest = chunk
      const send = (): void => {
        resume = null
        while (rest.length > 0 && window > 0) {
          const part = rest.subarray(0, Math.min(window, MAX_PAYLOAD))
          init.send(part)
          window -= part.length
          rest = rest.subarray(part.length)
        }
        if (rest.length === 0) done()
        else resume = send
      }
      send()
    },
  })
  stream.on("error", () => undefined)
  return {
    stream,
    grant(bytes) {
      // more than it ever got is no reason to send without bounds
      window = Math.min(window + bytes, WINDOW)
      resume?.()
    },
  }
}
