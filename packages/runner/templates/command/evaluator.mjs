// Judges a candidate: node evaluator.mjs --program_path command.sh --results_dir DIR
import { gunzipSync } from "node:zlib"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"

await evaluate(async ({ program, seed, budget, runCandidate }) => {
  const text = Buffer.from(words(seed, 20_000))
  // The command runs in a sandbox of its own, which holds its file and no others.
  const run = await runCandidate(["sh", program], { stdin: text, seconds: budget.seconds })
  if (run.outcome !== "ok") throw new Incorrect(`${run.outcome}: ${run.detail}`)
  let unpacked
  try {
    unpacked = gunzipSync(run.stdout, { maxOutputLength: 2 * text.length })
  } catch (error) {
    throw new Incorrect(`gunzip cannot read what the command printed: ${error.message}`)
  }
  if (!unpacked.equals(text)) throw new Incorrect("gunzip gives another text")
  const percent = ((100 * run.stdout.length) / text.length).toFixed(2)
  return { score: run.stdout.length, public: { percent: Number(percent) }, feedback: `${percent} % of the text.` }
})

/** A text of made-up words, some of them frequent; the same for the same seed (mulberry32). */
function words(seed, count) {
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const letter = () => "etaoinshrdlcumwfgypbvk"[Math.floor(22 * random() ** 2)]
  const word = () => Array.from({ length: 2 + Math.floor(8 * random()) }, letter).join("")
  const vocabulary = Array.from({ length: 500 }, word)
  return Array.from({ length: count }, () => vocabulary[Math.floor(500 * random() ** 3)]).join(" ")
}
