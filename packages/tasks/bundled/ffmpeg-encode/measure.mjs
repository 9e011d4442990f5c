// What an encoded file is worth: whether it shows the clip, and how well. The arithmetic is exact or plain doubles in a
// fixed order, and decoders of these codecs give the same pixels everywhere: so every machine finds the same figures.

import { Incorrect } from "./spore-evaluator.mjs"
import { drawClip, FRAME_BYTES, FRAMES, HEIGHT, RATE, WIDTH } from "./clip.mjs"
import { run } from "./run.mjs"

/** The least mean SSIM over all frames, */
export const MIN_SSIM = 0.98
/** and the least of any one frame, lest some are sacrificed for the others. */
export const MIN_FRAME_SSIM = 0.96
/** Bytes: what artifact replay keeps. */
export const MAX_FILE = 8 * 1024 * 1024
const CODECS = ["h264", "hevc", "vp9", "av1"]
const SECONDS = 60

/**
 * The SSIM of a Matroska file against the clip: the mean over frames, and the worst frame's.
 *
 * @throws Incorrect where it is not such a file, or does not show as many frames of this size in this time
 */
export async function measure(file) {
  await assertForm(file)
  const frames = await decode(file)
  const clip = await drawClip()
  const each = Array.from({ length: FRAMES }, (_, i) => {
    const at = i * FRAME_BYTES
    return frameSsim(frames.subarray(at, at + FRAME_BYTES), clip.subarray(at, at + FRAME_BYTES))
  })
  return { ssim: each.reduce((sum, one) => sum + one, 0) / FRAMES, worst: Math.min(...each), each }
}

/** Matroska and nothing else: other formats can name further files. */
const INPUT = ["-protocol_whitelist", "pipe", "-f", "matroska", "-i", "pipe:0"]

async function assertForm(file) {
  const entries = "stream=codec_type,codec_name,width,height,pix_fmt:packet=pts_time"
  const { exitCode, stdout } = await run(
    "ffprobe",
    ["-v", "error", ...INPUT, "-show_entries", entries, "-of", "json"],
    { stdin: file, maxBytes: 1024 * 1024, seconds: SECONDS },
  )
  if (exitCode !== 0) throw new Incorrect("the file is no Matroska file")
  const { streams = [], packets = [] } = JSON.parse(stdout)
  const [stream] = streams
  if (streams.length !== 1 || stream.codec_type !== "video") throw new Incorrect("the file is not one video stream")
  if (!CODECS.includes(stream.codec_name)) throw new Incorrect(`the codec ${stream.codec_name} is not allowed`)
  const shape = `${stream.width}x${stream.height} ${stream.pix_fmt}`
  const expected = `${WIDTH}x${HEIGHT} yuv420p`
  if (shape !== expected) throw new Incorrect(`the video is ${shape}, not ${expected}`)
  const times = packets.map((packet) => Number(packet.pts_time)).toSorted((a, b) => a - b)
  // Matroska counts milliseconds
  if (times.length !== FRAMES || times.some((time, i) => !(Math.abs(time - times[0] - i / RATE) < 0.002))) {
    throw new Incorrect(`the video is not ${FRAMES} frames at ${RATE} a second`)
  }
}

async function decode(file) {
  const { exitCode, stdout, stderr } = await run(
    "ffmpeg",
    [
      ["-v", "error", "-nostdin", "-xerror", ...INPUT],
      ["-map", "0:v:0", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "yuv420p", "pipe:1"],
    ].flat(),
    { stdin: file, maxBytes: FRAMES * FRAME_BYTES, seconds: SECONDS },
  )
  if (exitCode !== 0) throw new Incorrect(`the file cannot be decoded: ${stderr.split("\n")[0]}`)
  if (stdout.length !== FRAMES * FRAME_BYTES) {
    throw new Incorrect(`decoded, the video has ${stdout.length} bytes, not ${FRAMES * FRAME_BYTES}`)
  }
  return stdout
}

/** SSIM of a yuv420p frame, planes weighed by their size, as ffmpeg's filter `ssim` has it under `All`. */
function frameSsim(a, b) {
  const luma = WIDTH * HEIGHT
  const chroma = luma / 4
  const y = planeSsim(a.subarray(0, luma), b.subarray(0, luma), WIDTH, HEIGHT)
  const [u, v] = [luma, luma + chroma].map((at) =>
    planeSsim(a.subarray(at, at + chroma), b.subarray(at, at + chroma), WIDTH / 2, HEIGHT / 2),
  )
  return (4 * y + u + v) / 6
}

const C1 = Math.floor(0.01 * 0.01 * 255 * 255 * 64 + 0.5)
const C2 = Math.floor(0.03 * 0.03 * 255 * 255 * 64 * 63 + 0.5)

/** The mean over windows of 8 × 8 pixels, four apart. */
function planeSsim(a, b, width, height) {
  const columns = width >> 2
  const rows = height >> 2
  const sums = new Int32Array(columns * rows * 4)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let [sumA, sumB, squares, products] = [0, 0, 0, 0]
      for (let dy = 0; dy < 4; dy++) {
        const at = (4 * row + dy) * width + 4 * column
        for (let i = at; i < at + 4; i++) {
          sumA += a[i]
          sumB += b[i]
          squares += a[i] * a[i] + b[i] * b[i]
          products += a[i] * b[i]
        }
      }
      sums.set([sumA, sumB, squares, products], 4 * (row * columns + column))
    }
  }
  let total = 0
  for (let row = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++) {
      const at = 4 * (row * columns + column)
      const window = (k) => sums[at + k] + sums[at + 4 + k] + sums[at + 4 * columns + k] + sums[at + 4 * columns + 4 + k]
      const [sumA, sumB] = [window(0), window(1)]
      const variances = window(2) * 64 - sumA * sumA - sumB * sumB
      const covariance = window(3) * 64 - sumA * sumB
      total +=
        ((2 * sumA * sumB + C1) * (2 * covariance + C2)) /
        ((sumA * sumA + sumB * sumB + C1) * (variances + C2))
    }
  }
  return total / ((rows - 1) * (columns - 1))
}
