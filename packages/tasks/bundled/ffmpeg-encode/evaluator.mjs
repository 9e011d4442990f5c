// Encodes the clip as encode.conf says: node evaluator.mjs --program_path encode.conf --results_dir DIR
//
// Leaves the encoded file as the artifact; check.mjs judges it.

import { readFile } from "node:fs/promises"
import { evaluate, Incorrect } from "./spore-evaluator.mjs"
import { drawClip, RAW } from "./clip.mjs"
import { MAX_FILE } from "./measure.mjs"
import { readOptions } from "./options.mjs"

/** Wall seconds of an encode, unless the task's budget says otherwise. */
const SECONDS = 120
const FILE = "clip.mkv"

await evaluate(async ({ programPath, runCandidate, writeArtifact, budget }) => {
  const options = readOptions(await readFile(programPath, "latin1"))
  const ffmpeg = [
    ["-v", "error", "-nostdin", "-protocol_whitelist", "pipe,file", ...RAW, "-i", "pipe:0"],
    ["-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-pix_fmt", "yuv420p"],
    [...options, "-f", "matroska"],
  ].flat()
  // a file and not a pipe: the first frame of some encoders changes the header
  const run = await runCandidate(["sh", "-c", `exec ffmpeg "$@" "$SPORE_OUTPUT_DIR/${FILE}"`, "sh", ...ffmpeg], {
    stdin: await drawClip(),
    seconds: budget.seconds ?? SECONDS,
    env: { SVT_LOG: "1" },
  })
  if (run.outcome !== "ok") throw new Incorrect(`ffmpeg: ${run.detail}`)
  const file = run.files.get(FILE)
  if (file === undefined) throw new Incorrect("ffmpeg left no file")
  if (file.length > MAX_FILE) throw new Incorrect(`the encoded file has ${file.length} bytes, ${MAX_FILE} are allowed`)
  await writeArtifact(FILE, file)
  return { score: file.length, public: { bytes: file.length, encode_seconds: run.seconds } }
})
