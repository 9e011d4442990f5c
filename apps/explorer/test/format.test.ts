import { describe, expect, it } from "vitest"
import {
  formatAgo,
  formatBytes,
  formatDelta,
  formatPercent,
  formatSeconds,
  formatValue,
  gainOver,
} from "../src/lib/format.ts"

describe("format", () => {
  it("shows the digits that matter for the metric", () => {
    expect(formatValue(2.87104, { min_effect: 0.001 })).toBe("2.8710")
    expect(formatValue(12345.678, { min_effect: 10 })).toBe("12346")
    expect(formatValue(0.000123456, { min_effect: 0 })).toBe("0.00012346")
    expect(formatValue(-1.5, { min_effect: 0.1 })).toBe("\u22121.50")
    expect(formatValue(0, { min_effect: 0 })).toBe("0.0000")
    expect(formatValue(null, { min_effect: 0.1 })).toBe("–")
  })

  it("signs differences", () => {
    expect(formatDelta(-0.1234, { min_effect: 0.001 })).toBe("\u22120.1234")
    expect(formatDelta(0.5, { min_effect: 0.001 })).toBe("+0.5000")
    expect(formatDelta(0.00001, { min_effect: 0.001 })).toBe("±0")
    expect(formatPercent(-0.1456)).toBe("\u221214.6 %")
    expect(formatPercent(0.0214)).toBe("+2.14 %")
    expect(formatPercent(0)).toBe("±0 %")
  })

  it("knows which way is better", () => {
    expect(gainOver(2, 1, "minimize")).toEqual({ delta: -1, share: -0.5, isBetter: true })
    expect(gainOver(2, 1, "maximize")).toEqual({ delta: -1, share: -0.5, isBetter: false })
    expect(gainOver(0, 1, "maximize")?.share).toBeNull()
    expect(gainOver(null, 1, "maximize")).toBeNull()
  })

  it("gives durations, sizes and ages in the units that matter", () => {
    expect([3.14, 59, 61, 3600, 5400, 200_000].map(formatSeconds)).toEqual([
      "3.1 s",
      "59 s",
      "1 min 1 s",
      "1 h",
      "1 h 30 min",
      "2 d 7 h",
    ])
    expect([12, 2048, 5_242_880].map(formatBytes)).toEqual(["12 B", "2.0 KiB", "5.0 MiB"])
    const now = 1_780_000_000
    expect([0, 30, 300, 7200, 5 * 86_400, 90 * 86_400].map((age) => formatAgo(now - age, now))).toEqual([
      "just now",
      "30 s ago",
      "5 min ago",
      "2 h ago",
      "5 d ago",
      "2026-02-27",
    ])
  })
})
