// What encode.conf may say, and the arguments that ffmpeg gets for it. Every value is a number within bounds or one of
// the words listed here, so that no option can name a file, a filter or another output.

import { Incorrect } from "./spore-evaluator.mjs"

const MAX_BYTES = 16 * 1024
const LINE = /^([a-z][a-z0-9_]*)\s*=\s*(?:"([A-Za-z0-9_.-]+)"|([-+]?\d+(?:\.\d+)?))\s*(?:#.*)?$/

const flag = { low: 0, high: 1, whole: true }
const whole = (low, high) => ({ low, high, whole: true })
const number = (low, high) => ({ low, high, whole: false })
const words = (...all) => ({ words: all })

const PRESETS = words(
  "ultrafast",
  "superfast",
  "veryfast",
  "faster",
  "fast",
  "medium",
  "slow",
  "slower",
  "veryslow",
)

/**
 * By the name in encode.conf: the codec, options that ffmpeg takes itself, those that it hands on to the library, and
 * what is always said: one thread, so that the file is the same on every run.
 */
export const ENCODERS = {
  x264: {
    codec: "libx264",
    options: { preset: PRESETS, tune: words("none", "ssim", "psnr", "film", "animation", "grain", "stillimage") },
    handedOn: "-x264-params",
    params: {
      crf: number(0, 51),
      keyint: whole(1, 100),
      min_keyint: whole(1, 100),
      scenecut: whole(0, 100),
      bframes: whole(0, 16),
      b_adapt: whole(0, 2),
      b_bias: whole(-100, 100),
      b_pyramid: words("none", "strict", "normal"),
      ref: whole(1, 16),
      me: words("dia", "hex", "umh", "esa", "tesa"),
      merange: whole(4, 64),
      subme: whole(0, 11),
      trellis: whole(0, 2),
      partitions: words("none", "all"),
      "8x8dct": flag,
      direct: words("none", "spatial", "temporal", "auto"),
      weightp: whole(0, 2),
      weightb: flag,
      mixed_refs: flag,
      chroma_me: flag,
      chroma_qp_offset: whole(-12, 12),
      psy: flag,
      psy_rd: number(0, 5),
      aq_mode: whole(0, 3),
      aq_strength: number(0, 3),
      mbtree: flag,
      qcomp: number(0, 1),
      rc_lookahead: whole(0, 100),
      ipratio: number(0.5, 3),
      pbratio: number(0.5, 3),
      deblock: whole(-6, 6),
      deadzone_inter: whole(0, 32),
      deadzone_intra: whole(0, 32),
      fast_pskip: flag,
      dct_decimate: flag,
      nr: whole(0, 1000),
    },
    fixed: { threads: 1 },
  },
  x265: {
    codec: "libx265",
    options: { preset: PRESETS, tune: words("none", "ssim", "psnr", "grain") },
    handedOn: "-x265-params",
    params: {
      crf: number(0, 51),
      keyint: whole(1, 100),
      min_keyint: whole(1, 100),
      scenecut: whole(0, 100),
      open_gop: flag,
      bframes: whole(0, 16),
      b_adapt: whole(0, 2),
      bframe_bias: whole(-90, 100),
      b_pyramid: flag,
      ref: whole(1, 16),
      me: words("dia", "hex", "umh", "star"),
      merange: whole(4, 128),
      subme: whole(0, 7),
      max_merge: whole(1, 5),
      rect: flag,
      amp: flag,
      ctu: words("16", "32", "64"),
      min_cu_size: words("8", "16", "32"),
      tu_intra_depth: whole(1, 4),
      tu_inter_depth: whole(1, 4),
      limit_refs: whole(0, 3),
      limit_modes: flag,
      early_skip: flag,
      rd: whole(1, 6),
      rdoq_level: whole(0, 2),
      psy_rd: number(0, 5),
      psy_rdoq: number(0, 50),
      weightp: flag,
      weightb: flag,
      aq_mode: whole(0, 4),
      aq_strength: number(0, 3),
      cutree: flag,
      qcomp: number(0.5, 1),
      qg_size: words("8", "16", "32", "64"),
      rc_lookahead: whole(0, 100),
      ipratio: number(0.5, 3),
      pbratio: number(0.5, 3),
      cbqpoffs: whole(-12, 12),
      crqpoffs: whole(-12, 12),
      sao: flag,
      deblock: whole(-6, 6),
      strong_intra_smoothing: flag,
      tskip: flag,
      nr_intra: whole(0, 2000),
      nr_inter: whole(0, 2000),
      info: flag,
    },
    fixed: { pools: "none", frame_threads: 1, wpp: 0, log_level: "error" },
  },
  vp9: {
    codec: "libvpx-vp9",
    options: {
      crf: whole(0, 63),
      cpu_used: whole(0, 5),
      deadline: words("good", "best"),
      lag_in_frames: whole(0, 25),
      auto_alt_ref: whole(0, 6),
      arnr_maxframes: whole(0, 15),
      arnr_strength: whole(0, 6),
      aq_mode: whole(0, 4),
      enable_tpl: flag,
      tune: words("none", "ssim", "psnr"),
      tune_content: words("default", "screen", "film"),
      g: whole(1, 100),
      qmin: whole(0, 63),
      qmax: whole(0, 63),
    },
  },
  aom: {
    codec: "libaom-av1",
    options: {
      crf: whole(0, 63),
      cpu_used: whole(0, 8),
      lag_in_frames: whole(0, 48),
      arnr_max_frames: whole(0, 15),
      arnr_strength: whole(0, 6),
      aq_mode: whole(0, 3),
      tune: words("none", "ssim", "psnr"),
      denoise_noise_level: whole(0, 50),
      enable_cdef: flag,
      enable_restoration: flag,
      g: whole(1, 100),
      qmin: whole(0, 63),
      qmax: whole(0, 63),
    },
    handedOn: "-aom-params",
    params: {
      sharpness: whole(0, 7),
      enable_qm: flag,
      deltaq_mode: whole(0, 2),
      quant_b_adapt: flag,
      enable_chroma_deltaq: flag,
    },
  },
  svt: {
    codec: "libsvtav1",
    options: { crf: whole(1, 63), preset: whole(0, 12), g: whole(1, 100) },
    handedOn: "-svtav1-params",
    params: {
      tune: whole(0, 1),
      lookahead: whole(0, 120),
      hierarchical_levels: whole(2, 5),
      aq_mode: whole(0, 2),
      enable_tf: flag,
      enable_overlays: flag,
      enable_restoration: flag,
      film_grain: whole(0, 50),
    },
    fixed: { lp: 1 },
  },
}

/**
 * The encoder's arguments for what encode.conf says.
 *
 * @throws Incorrect naming the first line that may not be
 */
export function readOptions(text) {
  const { encoder, ...settings } = parse(text)
  if (!Object.hasOwn(ENCODERS, encoder ?? "")) {
    throw new Incorrect(`encode.conf: \`encoder\` is to be one of ${Object.keys(ENCODERS).join(", ")}`)
  }
  for (const [name, value] of Object.entries(settings)) assertAllowed(name, value)
  const { codec, options, handedOn, params = {}, fixed = {} } = ENCODERS[encoder]
  const own = Object.entries(settings)
    .filter(([name, value]) => name.startsWith(`${encoder}_`))
    .map(([name, value]) => [name.slice(encoder.length + 1), value])
  const direct = own.filter(([name, value]) => name in options && !(name === "tune" && value === "none"))
  const listed = [...own.filter(([name]) => name in params), ...Object.entries(fixed)]
  return [
    ...["-c:v", codec, "-threads", "1"],
    // without it the crf of these is only an upper bound
    ...(encoder === "vp9" || encoder === "aom" ? ["-b:v", "0"] : []),
    ...direct.flatMap(([name, value]) => [`-${dashed(name)}`, `${value}`]),
    ...(listed.length === 0 ? [] : [handedOn, listed.map(([name, value]) => `${dashed(name)}=${value}`).join(":")]),
  ]
}

/** The values by name; lines that say nothing are skipped. */
function parse(text) {
  if (Buffer.byteLength(text) > MAX_BYTES) throw new Incorrect(`encode.conf is larger than ${MAX_BYTES} bytes`)
  const settings = {}
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim()
    if (line === "" || line.startsWith("#")) continue
    const [, name, word, digits] = LINE.exec(line) ?? []
    if (name === undefined) throw new Incorrect(`encode.conf, line ${index + 1}: expected \`name = value\``)
    if (Object.hasOwn(settings, name)) throw new Incorrect(`encode.conf, line ${index + 1}: ${name} comes twice`)
    settings[name] = word ?? Number(digits)
  }
  return settings
}

function assertAllowed(name, value) {
  const [encoder = ""] = name.split("_", 1)
  const { options = {}, params = {} } = Object.hasOwn(ENCODERS, encoder) ? ENCODERS[encoder] : {}
  const known = { ...options, ...params }
  const option = name.slice(encoder.length + 1)
  if (!Object.hasOwn(known, option)) throw new Incorrect(`encode.conf: there is no option ${name}`)
  const allowed = known[option]
  const fits =
    allowed.words === undefined
      ? typeof value === "number" &&
        value >= allowed.low &&
        value <= allowed.high &&
        (!allowed.whole || Number.isInteger(value))
      : allowed.words.includes(`${value}`)
  if (fits) return
  const expected =
    allowed.words?.join(", ") ?? `a ${allowed.whole ? "whole " : ""}number from ${allowed.low} to ${allowed.high}`
  throw new Incorrect(`encode.conf: ${name} is ${value}, expected ${expected}`)
}

function dashed(name) {
  return name.replaceAll("_", "-")
}
