// The clip to encode: 100 frames that ffmpeg draws by itself. Moving shapes, a scrolling texture, and a little noise.
// Everything in it is integer arithmetic, so that every ffmpeg should draw the same pixels; the digest says whether this
// one does.

import { createHash } from "node:crypto"
import { run } from "./run.mjs"

export const WIDTH = 320
export const HEIGHT = 180
export const RATE = 25
export const FRAMES = 100
/** Bytes of a frame, yuv420p. */
export const FRAME_BYTES = (WIDTH * HEIGHT * 3) / 2
/** How raw frames are told to ffmpeg. */
export const RAW = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", `${WIDTH}x${HEIGHT}`, "-r", `${RATE}`]

const SHA256 = "5d7915a3f96b9f57c83b5a6f385c66c9c9b3c01bdb266fd15fae2fb0ec82b6bb"
const EXACT = "accurate_rnd+bitexact"
const DRAWING = [
  `life=s=${WIDTH / 2}x${HEIGHT / 2}:r=${RATE}:seed=1851:ratio=0.4:mold=6:life_color=white:death_color=0x203040:mold_color=0x806030`,
  // one state of the game, for ever
  "select=eq(n\\,40),loop=loop=-1:size=1",
  `setpts=N/${RATE}/TB`,
  `scale=${WIDTH}x${HEIGHT}:flags=bilinear+${EXACT}`,
  "format=yuv420p,boxblur=2:1,scroll=h=0.004:v=0.003[texture]",
].join(",")
const SHAPES = `testsrc2=s=${WIDTH}x${HEIGHT}:r=${RATE},format=yuv420p[shapes]`
const MIX = "[texture][shapes]blend=all_mode=average,noise=c0_seed=7:c0_strength=3:c0_flags=t+u,format=yuv420p"

/** The clip's frames, one after the other. */
export async function drawClip() {
  const { exitCode, stdout, stderr } = await run(
    "ffmpeg",
    [
      ["-v", "error", "-nostdin", "-sws_flags", `${EXACT}+full_chroma_int`],
      ["-f", "lavfi", "-i", `${DRAWING};${SHAPES};${MIX}`],
      ["-frames:v", `${FRAMES}`, "-f", "rawvideo", "pipe:1"],
    ].flat(),
    { maxBytes: FRAMES * FRAME_BYTES, seconds: 60 },
  )
  if (exitCode !== 0) throw new Error(`ffmpeg does not draw the clip: ${stderr}`)
  const digest = createHash("sha256").update(stdout).digest("hex")
  // no fault of a candidate's: here nothing can be judged
  if (digest !== SHA256) throw new Error("this machine's ffmpeg draws another clip; Debian's 5.1 draws the right one")
  return stdout
}
