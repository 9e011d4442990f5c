import { Writable } from "node:stream"
import { createOutputReader, FLOOD } from "../sandbox/output.ts"

/** Takes a program's stdout line by line, each cut at 64 KiB, and says when it came to 16 MiB. */
export function createProgramOutput(init: {
  onLine: (line: string) => void
  onFlood: (detail: string) => void
}): Writable {
  const reader = createOutputReader({ onLine: init.onLine, onFlood: () => init.onFlood(FLOOD[1]) })
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      reader.push(chunk)
      done()
    },
    final(done) {
      // a last line that nothing ended
      reader.push(Buffer.from("\n"))
      done()
    },
  })
}
