import { SporeError } from "@spore/records"
import { CommanderError } from "commander"
import { expect, test } from "vitest"
import { failureOf } from "../src/errors.ts"
import { reportError } from "../src/output/report-error.ts"
import { UsageError } from "../src/usage-error.ts"
import { fakeTerminal } from "./support/terminal.ts"

test.each([
  ["port_in_use", 1],
  ["bad_config", 1],
  ["key_too_open", 1],
  ["bad_usage", 2],
  ["bad_address", 2],
  ["not_found", 3],
  ["not_initialised", 3],
  ["ambiguous_id", 4],
  ["not_running", 5],
  ["bad_signature", 6],
])("%s ends with %i and says what to do", (code, exit) => {
  const failure = failureOf(new SporeError(code, "something"))
  expect(failure).toMatchObject({ code, exit, message: "something" })
  expect(failure.next).not.toBe("")
})

test("an error's own advice is kept", () => {
  expect(failureOf(new SporeError("x", "y", { next: "chmod 600 key" })).next).toBe("chmod 600 key")
})

test("what nobody foresaw is an internal failure", () => {
  expect(failureOf(new TypeError("boom"))).toMatchObject({ code: "internal", exit: 1, message: "boom" })
})

test("a report is two lines without anything a peer could put there", () => {
  const terminal = fakeTerminal(200)
  const error = new SporeError("not_found", "no task \u001b[2J\nnext: rm -rf")
  expect(reportError(terminal.output, error, false)).toBe(3)
  expect(terminal.taken()).toBe("error: no task  next: rm -rf\nnext: spore status\n")
})

test("a command line that a command does not take leads to that command's help", () => {
  const terminal = fakeTerminal(200)
  const error = new UsageError(
    new CommanderError(1, "commander.unknownOption", "error: unknown option '--x'"),
    "spore run",
  )
  expect(reportError(terminal.output, error, false)).toBe(2)
  expect(terminal.taken()).toBe("error: unknown option '--x'\nnext: spore run --help\n")
})

test("a report for programs is one object", () => {
  const terminal = fakeTerminal(200)
  reportError(terminal.output, new SporeError("x", "y\u001bz"), true)
  expect(JSON.parse(terminal.taken())).toEqual({ error: { code: "x", message: "y\u001bz", next: "spore doctor" } })
})
