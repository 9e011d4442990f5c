// Takes turns with a candidate that was started by spore-evaluator.mjs, in frames of a size that both sides know.

import { Incorrect } from "./spore-evaluator.mjs"

/** `candidate`: as `startCandidate` gives it. */
export function createTurns({ stdin, stdout, ended }) {
  // Writing to a candidate that has gone fails; that it has gone shows where its answer is missing.
  stdin.on("error", () => {})
  // Whoever reads is woken when there is more to read or nothing more to come.
  let isOver = false
  let wake = () => {}
  stdout.on("readable", () => wake())
  const over = () => {
    isOver = true
    wake()
  }
  stdout.on("end", over).on("close", over).on("error", over)
  const more = () => new Promise((resolve) => (wake = resolve))

  /** Throws what became of a candidate that ended or stopped talking before its time. */
  async function stopped() {
    stdin.end()
    stdout.resume()
    const { outcome, detail, stderr } = await ended
    const reason = outcome === "crash" ? reasonIn(stderr) : ""
    throw new Incorrect(reason || detail || "it ended before its time")
  }

  return {
    send: (bytes) => stdin.write(Buffer.from(bytes)),

    /** The next `size` bytes. */
    async receive(size) {
      for (;;) {
        const bytes = stdout.read(size)
        if (bytes?.length === size) return bytes
        if (bytes !== null || isOver) return stopped()
        await more()
      }
    },

    /** Waits for the candidate's own end; it may have nothing more to say. */
    async finish() {
      stdin.end()
      let extra = 0
      while (!isOver) {
        extra += stdout.read()?.length ?? 0
        if (!isOver) await more()
      }
      const { outcome } = await ended
      if (outcome !== "ok") await stopped()
      if (extra > 0) throw new Incorrect(`${extra} bytes more than asked for on stdout`)
    },
  }
}

/** The line that tells why a Node process failed, and where in the candidate. */
function reasonIn(stderr) {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "")
  const reason = lines.find((line) => /^\w*Error\b|^FATAL/.test(line)) ?? lines.at(-1) ?? ""
  const [place] = stderr.match(/\b(?:train|fft)\.mjs:\d+/) ?? []
  return `${reason.replaceAll(/\p{Cc}/gu, " ").slice(0, 500)}${place === undefined ? "" : ` (${place})`}`
}
