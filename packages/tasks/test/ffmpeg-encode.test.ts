import { temporaryFolder } from "@spore/testkit"
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import { bundledPackage, createBench, evaluateApart, layOut, replaced, run, textOf } from "./bench.ts"
import { describeIsolatedWith } from "./tools.ts"

describe("encode.conf", () => {
  /** What the evaluator says of a file that it refuses before it runs anything. */
  async function errorOf(conf: string): Promise<unknown> {
    await using folder = await temporaryFolder()
    await layOut(await bundledPackage("ffmpeg-encode", { "encode.conf": conf }), folder.path)
    const args = ["evaluator.mjs", "--program_path", "encode.conf", "--results_dir", folder.path]
    const { exitCode, stderr } = await run(process.execPath, args, folder.path)
    expect(stderr).toBe("")
    expect(exitCode).toBe(0)
    const correct: unknown = JSON.parse(await readFile(join(folder.path, "correct.json"), "utf8"))
    return correct
  }

  test.each([
    ["another input", 'encoder = "x264"\nx264_i = "passwd"', "encode.conf: there is no option x264_i"],
    ["a file for statistics", 'encoder = "x264"\nx264_stats = "log"', "encode.conf: there is no option x264_stats"],
    ["a path", 'encoder = "x264"\nx264_preset = "/tmp/x"', "encode.conf, line 2: expected `name = value`"],
    ["a filter", 'encoder = "x264"\nvf = "movie"', "encode.conf: there is no option vf"],
    ["an argument of its own", "-f mpegts /work/out/metrics.json", "encode.conf, line 1: expected `name = value`"],
    [
      "two parameters in one",
      'encoder = "x264"\nx264_crf = "20:stats=x"',
      "encode.conf, line 2: expected `name = value`",
    ],
    [
      "a word for a number",
      'encoder = "x264"\nx264_crf = "20"',
      "encode.conf: x264_crf is 20, expected a number from 0 to 51",
    ],
    [
      "a number out of bounds",
      'encoder = "x264"\nx264_crf = 99',
      "encode.conf: x264_crf is 99, expected a number from 0 to 51",
    ],
    [
      "a fraction",
      'encoder = "vp9"\nvp9_crf = 2.5',
      "encode.conf: vp9_crf is 2.5, expected a whole number from 0 to 63",
    ],
    [
      "an unknown word",
      'encoder = "x264"\nx264_me = "all"',
      "encode.conf: x264_me is all, expected dia, hex, umh, esa, tesa",
    ],
    ["an option twice", 'encoder = "x264"\nx264_crf = 1\nx264_crf = 2', "encode.conf, line 3: x264_crf comes twice"],
    ["no encoder", "x264_crf = 20", "encode.conf: `encoder` is to be one of x264, x265, vp9, aom, svt"],
    [
      "an encoder of another name",
      'encoder = "copy"',
      "encode.conf: `encoder` is to be one of x264, x265, vp9, aom, svt",
    ],
    [
      "a name of every object",
      'encoder = "constructor"',
      "encode.conf: `encoder` is to be one of x264, x265, vp9, aom, svt",
    ],
    [
      "a key of every object",
      'encoder = "x264"\nx264_constructor = 1',
      "encode.conf: there is no option x264_constructor",
    ],
    ["very much", "# ".repeat(9000), "encode.conf is larger than 16384 bytes"],
  ])("with %s is refused", async (_, conf, error) => {
    expect(await errorOf(conf)).toEqual({ correct: false, error })
  })
})

describeIsolatedWith("ffmpeg", "ffmpeg-encode in a sandbox", (sandbox) => {
  test("the baseline leaves its file, which is scored anywhere without encoding it again", async () => {
    await using bench = await createBench(sandbox(), await bundledPackage("ffmpeg-encode"))
    const made = await bench.evaluate()
    expect(made, `detail: ${made.detail}`).toMatchObject({ outcome: "ok", judge: "separate" })
    const object = await bench.objectOf(made)
    const clip = object.get("0/clip.mkv") ?? new Uint8Array()
    expect([...object.keys()]).toEqual(["0/clip.mkv"])
    expect(made.scores).toEqual([clip.length])
    expect(made.metrics).toMatchObject({ bytes: clip.length })
    expect(made.metrics["ssim"]).toBeGreaterThan(0.98)
    expect(clip.length).toBeGreaterThan(200_000)
    expect(clip.length).toBeLessThan(400_000)
    expect((await bench.rescore(object)).scores).toEqual(made.scores)

    const half = new Map([["0/clip.mkv", clip.subarray(0, clip.length / 2)]])
    expect(await bench.rescore(half)).toMatchObject({ outcome: "incorrect", scores: [] })
    expect(await bench.rescore(new Map([["0/other.mkv", clip]]))).toMatchObject({
      outcome: "incorrect",
      detail: "there is no clip.mkv",
    })
  })

  test("a file that shows the clip too badly has no score", async () => {
    const conf = 'encoder = "x264"\nx264_preset = "ultrafast"\nx264_crf = 40\n'
    const result = await evaluateApart(sandbox(), await bundledPackage("ffmpeg-encode", { "encode.conf": conf }))
    expect(result).toMatchObject({ outcome: "incorrect", scores: [] })
    expect(result.detail).toMatch(
      /^SSIM 0\.\d+, of the worst frame 0\.\d+, in \d+ bytes: the mean must be at least 0\.98$/,
    )
  })

  test("an encode that takes too long ends", async () => {
    const manifest = replaced(textOf(await bundledPackage("ffmpeg-encode"), "spore.task.json"), {
      '"value": 120': '"value": 1',
    })
    const conf = 'encoder = "aom"\naom_cpu_used = 0\n'
    const files = await bundledPackage("ffmpeg-encode", { "encode.conf": conf, "spore.task.json": manifest })
    const result = await evaluateApart(sandbox(), files)
    expect(result).toMatchObject({ outcome: "incorrect", detail: "ffmpeg: not finished after 1 s" })
  })
})

const SOURCE = "testsrc2=s=320x180:r=25:d=4"
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
const MKV = ["-f", "matroska"]

describeIsolatedWith("ffmpeg", "the check of ffmpeg-encode", () => {
  test.each<[name: string, source: string, args: string[], said: RegExp]>([
    ["another picture", SOURCE, [...H264, ...MKV], /^SSIM 0\.\d+, of the worst frame/],
    ["another form", SOURCE, [...H264, "-f", "mpegts"], /no Matroska file/],
    ["another codec", SOURCE, ["-c:v", "ffv1", "-pix_fmt", "yuv420p", ...MKV], /the codec ffv1 is not allowed/],
    ["another size", "testsrc2=s=160x90:r=25:d=4", [...H264, ...MKV], /160x90 yuv420p, not 320x180/],
    ["other pixels", SOURCE, ["-c:v", "libx264", "-pix_fmt", "yuv444p", ...MKV], /yuv444p, not/],
    ["fewer frames", "testsrc2=s=320x180:r=25:d=2", [...H264, ...MKV], /not 100 frames at 25/],
    ["other times", "testsrc2=s=320x180:r=50:d=2", [...H264, ...MKV], /not 100 frames at 25/],
    ["sound", SOURCE, ["-f", "lavfi", "-i", "sine=d=4", "-c:a", "aac", ...H264, ...MKV], /not one video stream/],
  ])("refuses a file with %s", async (_, source, args, said) => {
    await using folder = await temporaryFolder()
    const input = ["-v", "error", "-f", "lavfi", "-i", source]
    expect(await run("ffmpeg", [...input, ...args, "clip.mkv"], folder.path)).toMatchObject({ exitCode: 0 })
    expect(await checked(folder.path)).toMatch(said)
  })

  test("refuses a list of other files", async () => {
    await using folder = await temporaryFolder()
    await writeFile(join(folder.path, "clip.mkv"), "ffconcat version 1.0\nfile /etc/passwd\n")
    expect(await checked(folder.path)).toBe("the file is no Matroska file")
  })

  /** What it says against clip.mkv in the folder. */
  async function checked(artifacts: string): Promise<string> {
    await using folder = await temporaryFolder()
    await layOut(await bundledPackage("ffmpeg-encode"), folder.path)
    const args = ["check.mjs", "--artifacts_dir", artifacts, "--results_dir", folder.path]
    expect(await run(process.execPath, args, folder.path)).toMatchObject({ exitCode: 0, stderr: "" })
    const correct = await readFile(join(folder.path, "correct.json"), "utf8")
    return /^\{"correct":false,"error":"(.*)"\}$/.exec(correct)?.[1] ?? correct
  }
})
