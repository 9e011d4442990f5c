import { describe, expect, it } from "vitest"
import {
  formatAgo,
  formatBytes,
  formatClock,
  formatCount,
  formatDate,
  formatDay,
  formatDelta,
  formatSeconds,
  formatTime,
  formatTimeOfDay,
  formatValue,
  gainOver,
  isoTime,
} from "../src/lib/format.ts"

describe("format", () => {
  it("takes the metric as the API has it", () => {
    expect(formatValue(2.87104, { min_effect: 0.001 })).toBe("2.8710")
    expect(formatDelta(-0.1234, { min_effect: 0.001 })).toBe("\u22120.1234")
  })

  it("shows any number as a time", () => {
    for (const time of [0, -1, 1e300, -1e300, Number.MAX_SAFE_INTEGER]) {
      const shown = [formatDate, formatTime, formatTimeOfDay, formatClock, isoTime].map((format) => format(time))
      expect([...shown, formatDay(time, 0)].filter((text) => !/\d|day/.test(text))).toEqual([])
    }
  })

  it("knows which way is better", () => {
    expect(gainOver(2, 1, "minimize")).toEqual({ delta: -1, share: 0.5, isBetter: true })
    expect(gainOver(2, 1, "maximize")).toEqual({ delta: -1, share: -0.5, isBetter: false })
    expect(gainOver(0, 1, "maximize")?.share).toBeNull()
    expect(gainOver(null, 1, "maximize")).toBeNull()
  })

  it("writes times and counts alike everywhere", () => {
    expect(formatTime(new Date(2026, 10, 8, 9, 5, 7).getTime() / 1000)).toBe("2026-11-08 09:05:07")
    expect([0, 999, 1000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"])
  })

  it("names days as people do", () => {
    const now = new Date(2026, 10, 28, 9).getTime() / 1000
    const [today, yesterday, before = ""] = [0, 10, 40].map((hours) => formatDay(now - hours * 3600, now))
    expect([today, yesterday]).toEqual(["Today", "Yesterday"])
    expect(before).toMatch(/^Thursday,? 26 November 2026$/)
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
