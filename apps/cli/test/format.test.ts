import { describe, expect, test } from "vitest"
import {
  count,
  formatBytes,
  formatDuration,
  formatPercent,
  formatTime,
  gain,
  reachLine,
  relativeChange,
  tilde,
} from "../src/output/format.ts"

describe("change", () => {
  test("is a fraction of the reference's size", () => {
    expect(relativeChange(1.5, 2)).toBe(-0.25)
    expect(relativeChange(-1, -2)).toBe(0.5)
    expect(relativeChange(1, 0)).toBeNull()
    expect(relativeChange(null, 2)).toBeNull()
  })

  test("is a gain when it goes the task's way", () => {
    expect(gain(1.5, 2, "minimize")).toBe(0.25)
    expect(gain(1.5, 2, "maximize")).toBe(-0.25)
    expect(gain(2, 2, "minimize")).toBe(0)
  })

  test.each([
    [-0.0123, "−1.23 %"],
    [0.5, "+50.0 %"],
    [0, "±0 %"],
    [-0.00001, "±0 %"],
    [12, "+1200 %"],
    [null, "–"],
  ])("%s is shown as %s", (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text)
  })
})

test.each([
  [-3, "0 s"],
  [59.4, "59 s"],
  [125, "2 min 5 s"],
  [3 * 3600 + 61, "3 h 1 min"],
  [2 * 86400 + 3 * 3600, "2 d 3 h"],
])("%s seconds are %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text)
})

test("bytes, times, counts and paths", () => {
  expect([500, 2048, 15 * 1024 ** 2].map(formatBytes)).toEqual(["500 B", "2.0 KiB", "15 MiB"])
  expect(formatTime(1_760_000_000)).toBe("2025-10-09 08:53:20Z")
  expect(formatTime(1e300)).toBe("1e+300")
  expect([count(1, "peer"), count(2, "peer")]).toEqual(["1 peer", "2 peers"])
  expect(tilde("/home/a/.spore", "/home/a")).toBe("~/.spore")
  expect(tilde("/home/ab/.spore", "/home/a")).toBe("/home/ab/.spore")
})

test.each([
  [[], "nowhere"],
  [["/ip4/127.0.0.1/tcp/7470/p2p/self"], "/ip4/127.0.0.1/tcp/7470"],
  [
    [
      "/ip4/192.0.2.1/tcp/7470/p2p/self",
      "/ip4/198.51.100.1/tcp/7470/p2p/one/p2p-circuit/p2p/self",
      "/ip6/2001:db8::1/tcp/7470/p2p/one/p2p-circuit/p2p/self",
    ],
    "/ip4/192.0.2.1/tcp/7470, through 1 relay",
  ],
])("the addresses %j are shown as %s", (addresses, text) => {
  expect(reachLine(addresses)).toBe(text)
})
