/** What a line of a training script says of its progress. */
export interface ProgressLine {
  /** Null where it counts epochs only. */
  step: number | null
  /** 0 to 1; null where the line does not tell how many steps there will be. */
  fraction: number | null
  loss: number | null
  remainingSeconds: number | null
}

const MAX_LENGTH = 1000

const NUMBER = String.raw`([-+]?\d{1,20}(?:\.\d{1,20})?(?:e[-+]?\d{1,3})?)`
const LOSS = new RegExp(String.raw`\bloss\b\s{0,8}[:=]?\s{0,8}${NUMBER}(?![\w.])`, "i")
const PIPED = /^step\s{1,8}(\d{1,15})\s{0,8}\(\s{0,8}(\d{1,3}(?:\.\d{1,9})?)\s{0,8}%\s{0,8}\)$/i
const TQDM = /\d{1,3}%\|[^|]{0,300}\|\s{0,8}(\d{1,15})\/(\d{1,15})\s\[[\d:]{1,12}<([\d:]{1,12}|\?)/
const ITERATION = /^iter(?:ation)?\s{1,8}(\d{1,15})(?:\s{0,8}\/\s{0,8}(\d{1,15}))?\s{0,8}[:,|]/i
const STEP = /\bstep:?\s{0,8}(\d{1,15})\s{0,8}\/\s{0,8}(\d{1,15})\b/i
const BRACKETS = /\[\s{0,8}(\d{1,15})\s{0,8}\/\s{0,8}(\d{1,15})\s{0,8}\]/
const EPOCH = /^\W{0,4}epoch:?\s{0,8}\[?(\d{1,9})\s{0,8}\/\s{0,8}(\d{1,9})\b\]?/i

/**
 * Reads a progress line; null for any other line. Known are
 * - `step 00010 (1.0%) | loss: 5.1 | remaining: 297s` of autoresearch and the 0.6 network,
 * - `iter 100: loss 2.31, time 12.3ms` of nanoGPT,
 * - `45%|████ | 45/100 [00:12<00:15, 3.6it/s]` of tqdm,
 * - `step 5/100`, `[12/200]` and `epoch 3/10`, also together.
 */
export function parseProgressLine(line: string): ProgressLine | null {
  if (line.length > MAX_LENGTH) return null
  const text = line.trim()
  return readPiped(text) ?? readTqdm(text) ?? readIteration(text) ?? readEpochAndStep(text)
}

function readPiped(text: string): ProgressLine | null {
  const [head = "", ...fields] = text.split("|").map((part) => part.trim())
  const [, step, percent] = PIPED.exec(head) ?? []
  if (step === undefined || percent === undefined) return null
  return {
    step: Number(step),
    fraction: Math.min(1, Number(percent) / 100),
    loss: numberIn(fields, "loss", /^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i),
    remainingSeconds: numberIn(fields, "remaining", /^\d+(?:\.\d+)?(?=\s*s$)/),
  }
}

function readTqdm(text: string): ProgressLine | null {
  const [, step, total, remaining = "?"] = TQDM.exec(text) ?? []
  if (step === undefined || !(Number(total) > 0)) return null
  const seconds = remaining.split(":").reduce((sum, part) => sum * 60 + Number(part), 0)
  return {
    step: Number(step),
    fraction: share(step, total),
    loss: lossIn(text),
    remainingSeconds: Number.isFinite(seconds) ? seconds : null,
  }
}

function readIteration(text: string): ProgressLine | null {
  const [, step, total] = ITERATION.exec(text) ?? []
  if (step === undefined || (total !== undefined && Number(total) === 0)) return null
  const fraction = total === undefined ? null : share(step, total)
  return { step: Number(step), fraction, loss: lossIn(text), remainingSeconds: null }
}

function readEpochAndStep(text: string): ProgressLine | null {
  const [epochText, epoch, epochs] = EPOCH.exec(text) ?? []
  const rest = text.slice(epochText?.length ?? 0)
  const stepMatch = STEP.exec(rest) ?? BRACKETS.exec(rest)
  // elsewhere a pair of numbers may be anything
  const isStep = stepMatch !== null && (epochText !== undefined || stepMatch.index === 0)
  const [step, total] = isStep ? stepMatch.slice(1) : []
  if (Number(epochs) === 0 || Number(total) === 0 || (epoch === undefined && step === undefined)) return null
  const ofEpoch = step === undefined ? 1 : share(step, total)
  const fraction = epoch === undefined ? ofEpoch : clamp((Math.max(0, Number(epoch) - 1) + ofEpoch) / Number(epochs))
  return { step: step === undefined ? null : Number(step), fraction, loss: lossIn(text), remainingSeconds: null }
}

function share(done: string, total: string | undefined): number {
  return clamp(Number(done) / Number(total))
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction))
}

function lossIn(text: string): number | null {
  const loss = LOSS.exec(text)?.[1]
  return loss !== undefined && Number.isFinite(Number(loss)) ? Number(loss) : null
}

function numberIn(fields: readonly string[], name: string, form: RegExp): number | null {
  for (const field of fields) {
    const [key = "", ...rest] = field.split(":")
    const text = form.exec(rest.join(":").trim())?.[0]
    if (key.trim().toLowerCase() === name && text !== undefined && Number.isFinite(Number(text))) return Number(text)
  }
  return null
}
