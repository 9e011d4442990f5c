/** A progress line of a training script: `step 00010 (1.0%) | loss: 5.1 | … | remaining: 297s`. */
export interface ProgressLine {
  step: number
  /** 0 to 1. */
  fraction: number
  loss: number | null
  remainingSeconds: number | null
}

const MAX_LENGTH = 1000

/** Reads a progress line; null for any other line. */
export function parseProgressLine(line: string): ProgressLine | null {
  if (line.length > MAX_LENGTH) return null
  const [head = "", ...fields] = line.split("|").map((part) => part.trim())
  const [, step, percent] = /^step\s+(\d{1,15})\s*\(\s*(\d{1,3}(?:\.\d+)?)\s*%\s*\)$/i.exec(head) ?? []
  if (step === undefined || percent === undefined) return null
  return {
    step: Number(step),
    fraction: Math.min(1, Number(percent) / 100),
    loss: numberIn(fields, "loss", /^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i),
    remainingSeconds: numberIn(fields, "remaining", /^\d+(?:\.\d+)?(?=\s*s$)/),
  }
}

function numberIn(fields: readonly string[], name: string, form: RegExp): number | null {
  for (const field of fields) {
    const [key = "", ...rest] = field.split(":")
    const text = form.exec(rest.join(":").trim())?.[0]
    if (key.trim().toLowerCase() === name && text !== undefined && Number.isFinite(Number(text))) return Number(text)
  }
  return null
}
