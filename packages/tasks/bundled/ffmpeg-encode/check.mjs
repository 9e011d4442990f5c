// Scores an encoded file: node check.mjs --artifacts_dir DIR --results_dir DIR
//
// It need not have been made by the evaluator: whatever file shows the clip well enough counts by its size.

import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"
import { RATE } from "./clip.mjs"
import { MAX_FILE, measure, MIN_FRAME_SSIM, MIN_SSIM } from "./measure.mjs"

await evaluate(async ({ artifactsDir }) => {
  const file = await readFile(join(artifactsDir, "clip.mkv")).catch(() => {
    throw new Incorrect("there is no clip.mkv")
  })
  if (file.length > MAX_FILE) throw new Incorrect(`clip.mkv is larger than ${MAX_FILE} bytes`)
  const { ssim, worst, each } = await measure(file)
  const found = `SSIM ${ssim.toFixed(6)}, of the worst frame ${worst.toFixed(6)}, in ${file.length} bytes`
  if (ssim < MIN_SSIM) throw new Incorrect(`${found}: the mean must be at least ${MIN_SSIM}`)
  if (worst < MIN_FRAME_SSIM) throw new Incorrect(`${found}: no frame may be below ${MIN_FRAME_SSIM}`)
  console.log(`---\nbytes: ${file.length}\nssim: ${ssim.toFixed(6)}\nworst_frame_ssim: ${worst.toFixed(6)}`)
  return {
    score: file.length,
    public: { bytes: file.length, ssim, worst_frame_ssim: worst },
    feedback: `${found}. ${room(ssim, each)}`,
  }
})

/** A line for whoever proposes the next candidate. */
function room(ssim, each) {
  const seconds = Array.from({ length: Math.ceil(each.length / RATE) }, (_, i) => {
    const part = each.slice(i * RATE, (i + 1) * RATE)
    return (part.reduce((sum, one) => sum + one, 0) / part.length).toFixed(4)
  })
  return `${(ssim - MIN_SSIM).toFixed(6)} above the bound; by second: ${seconds.join(", ")}.`
}
