import { describe, expect, it } from "vitest"
import type { UpdateStatus } from "../src/dto/index.ts"
import { updateWords } from "../src/update-words.ts"

const IDLE: UpdateStatus = {
  automatic: true,
  why_not: null,
  channel: "https://example.org/",
  doing: "idle",
  newest: { version: "1.3.0", released: 1000, standing: "current", reason: null },
  trial: null,
  looked_at: 2000,
  reached_at: 2000,
  next_look_at: 3000,
  stale: false,
  problem: null,
}
const NEWER = { version: "1.4.0", released: 1000, standing: "newer", reason: null } as const

describe("words on updates", () => {
  it.each<[Partial<UpdateStatus>, string]>([
    [{}, "nothing newer is out"],
    [{ newest: null, looked_at: null, reached_at: null }, "no release is known yet"],
    [{ newest: null, reached_at: null }, "no release is known yet, the channel was never reached"],
    [{ newest: NEWER, trial: "1.4.0" }, "1.4.0 is out, 1.4.0 is on trial and undecided (spore update apply)"],
    [{ newest: NEWER, doing: "downloading" }, "1.4.0 is out, downloading it"],
    [{ newest: NEWER, doing: "waiting" }, "1.4.0 is out, installed, and waiting for the running job to end"],
    [{ doing: "waiting" }, "goes on as another version when the running job has ended"],
    [{ newest: null, doing: "switching" }, "goes on as another version now"],
    [
      { newest: { ...NEWER, standing: "refused", reason: "you went back from it" }, doing: "waiting" },
      "goes on as another version when the running job has ended",
    ],
    [{ newest: NEWER, automatic: false, why_not: "--no-auto-update" }, "1.4.0 is out, by hand only (--no-auto-update)"],
    [
      { newest: { ...NEWER, standing: "refused", reason: "it did not start" } },
      "1.4.0 is out and not taken: it did not start",
    ],
    [
      { newest: { ...NEWER, standing: "needs_node", reason: "it wants Node.js 30" } },
      "1.4.0 is out and not taken: it wants Node.js 30",
    ],
    [
      { problem: { code: "channel_untrusted", message: "its signatures do not hold", next: null } },
      "nothing newer was out at the last good look, its signatures do not hold",
    ],
    [
      { stale: true, automatic: false, why_not: "off" },
      "nothing newer was out at the last good look, by hand only (off)",
    ],
    [{ problem: { code: "disk_full", message: "no room left", next: null } }, "nothing newer is out, no room left"],
  ])("%j", (changes, words) => {
    expect(updateWords({ ...IDLE, ...changes })).toBe(words)
  })
})
