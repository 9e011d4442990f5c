import { expect, test } from "vitest"
import {
  excerpt,
  isSporeError,
  messageOf,
  seededRandom,
  SporeError,
  systemClock,
  systemRandom,
  unixSeconds,
} from "../src/index.ts"

test("seeded randomness is the same on every machine", () => {
  const random = seededRandom(1)
  expect([random.next(), random.next(), random.next()]).toEqual([
    0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
  ])
})

test("both kinds of randomness stay within 0 and 1", () => {
  for (const random of [seededRandom(2), systemRandom]) {
    const values = Array.from({ length: 1000 }, () => random.next())
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    expect(new Set(values).size).toBeGreaterThan(990)
  }
})

test("records carry whole seconds", () => {
  expect(unixSeconds({ now: () => 1_760_000_000_999 })).toBe(1_760_000_000)
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000)
})

test("errors are known by their code", () => {
  const error = new SporeError("too_large", "too large", { cause: "why", next: "send less" })
  expect(error).toMatchObject({ name: "SporeError", code: "too_large", cause: "why", next: "send less" })
  expect([isSporeError(error), isSporeError(error, "too_large"), isSporeError(error, "bad_link")]).toEqual([
    true,
    true,
    false,
  ])
  expect(isSporeError(Object.assign(new Error("x"), { code: "too_large" }))).toBe(false)
  expect([messageOf(error), messageOf("text"), messageOf(null)]).toEqual(["too large", "text", "null"])
})

test("excerpts are short and print as they read", () => {
  expect(excerpt("plain text, ü")).toBe("plain text, ü")
  expect(excerpt("a\u001b[31mb\r\n\u202ec\u0085")).toBe("a\uFFFD[31mb\uFFFD\uFFFD\uFFFDc\uFFFD")
  expect(excerpt("x".repeat(201))).toBe(`${"x".repeat(200)}…`)
})
