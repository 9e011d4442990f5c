import type { Notice } from "@spore/node"
import { silentLogger, systemClock } from "@spore/records"
import { until } from "@spore/testkit"
import { expect, test } from "vitest"
import { keepPart, type Part } from "../src/run/kept-part.ts"

interface Listening extends Part {
  readonly isOpen: () => boolean
  fail(): void
}

function listening(): Listening {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isOpen = true
  const end = (): void => {
    isOpen = false
    resolve()
  }
  return { ended: promise, close: async () => end(), fail: end, isOpen: () => isOpen }
}

test("a part that stops listening is opened again, with a notice until that works", async () => {
  const first = listening()
  const said: string[] = []
  const notices = new Map<string, Notice>()
  const opened: Listening[] = []
  let tries = 0
  const kept = keepPart({
    name: "The explorer",
    code: "explorer_down",
    first,
    reopen: async () => {
      if (++tries < 3) throw new Error(`taken ${tries}`)
      const part = listening()
      opened.push(part)
      return part
    },
    report: (notice) => {
      said.push(notice.message)
      notices.set(notice.code, notice)
    },
    retract: (code) => void notices.delete(code),
    clock: systemClock,
    log: silentLogger,
    pausesMs: [1],
  })
  first.fail()
  await until(() => opened.length === 1 && notices.size === 0)
  expect(said).toHaveLength(3)
  expect(said[2]).toMatch(/^The explorer does not answer since \d\d:\d\d:\d\dZ: taken 2\. It is opened again\.$/)
  opened[0]?.fail()
  await until(() => opened.length === 2)
  await kept.close()
  expect(opened[1]?.isOpen()).toBe(false)
  expect(opened).toHaveLength(2)
})
