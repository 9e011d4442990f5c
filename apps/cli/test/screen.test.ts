import { expect, test } from "vitest"
import { createScreen } from "../src/live/screen.ts"
import { fakeTerminal } from "./support/terminal.ts"

test("what is above stays and the region follows it", () => {
  const terminal = fakeTerminal()
  const screen = createScreen(terminal.output)
  screen.update(["first"], ["a", "b"])
  screen.update(["second", "third"], ["a", "c"])
  expect(terminal.lines()).toEqual(["first", "second", "third", "a", "c"])
})

test("only lines that changed are written", () => {
  const terminal = fakeTerminal()
  const screen = createScreen(terminal.output)
  screen.update([], ["title", "10 %", "end"])
  terminal.taken()
  screen.update([], ["title", "20 %", "end"])
  expect(terminal.lines()).toEqual(["title", "20 %", "end"])
  const written = terminal.taken()
  expect(written).toContain("20 %")
  expect(written).not.toMatch(/title|end/)
  screen.update([], ["title", "20 %", "end"])
  expect(terminal.taken()).toBe("")
})

test("a region that grows or shrinks leaves nothing behind", () => {
  const terminal = fakeTerminal()
  const screen = createScreen(terminal.output)
  screen.update(["top"], ["a long line", "b"])
  screen.update([], ["a", "b", "c", "d"])
  expect(terminal.lines()).toEqual(["top", "a", "b", "c", "d"])
  screen.update([], ["x"])
  expect(terminal.lines()).toEqual(["top", "x"])
})

test("a line wider than the terminal takes one row", () => {
  const terminal = fakeTerminal(10)
  const screen = createScreen(terminal.output)
  screen.update([], ["0123456789abc", "b"])
  screen.update([], ["0123", "c"])
  expect(terminal.lines()).toEqual(["0123", "c"])
})

test("after a new size everything is drawn anew", () => {
  const terminal = fakeTerminal(80)
  const screen = createScreen(terminal.output)
  screen.update(["top"], ["a", "b"])
  terminal.resize(120, 40)
  terminal.taken()
  screen.update([], ["a", "b"])
  expect(terminal.taken()).toContain("a")
  expect(terminal.lines()).toEqual(["top", "a", "b"])
})

test("after it closed, the region is gone and the cursor shown", () => {
  const terminal = fakeTerminal()
  const screen = createScreen(terminal.output)
  screen.update(["top"], ["a", "b"])
  screen.close()
  terminal.output.print("bye")
  expect(terminal.lines()).toEqual(["top", "bye"])
  expect(terminal.taken()).toContain("\u001b[?25h")
})
