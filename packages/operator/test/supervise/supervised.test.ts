import { EventEmitter } from "node:events"
import { describe, expect, test } from "vitest"
import { createSupervised, type FromProgram, type SupervisedProcess } from "../../src/supervise/index.ts"

interface FakeProcess extends SupervisedProcess {
  readonly said: FromProgram[]
  hears(message: unknown): void
  loses(): void
}

function fakeProcess(env: Record<string, string>, connected = true): FakeProcess {
  const events = new EventEmitter()
  const said: FromProgram[] = []
  return {
    env,
    connected,
    channel: { unref: () => undefined },
    said,
    hears: (message) => events.emit("message", message),
    loses: () => events.emit("disconnect"),
    send: (message) => {
      said.push(message)
      return true
    },
    on: (event: string, listener: (message: unknown) => void) => events.on(event, listener),
  }
}

const SUPERVISED = { SPORE_SUPERVISED: "1", PATH: "/bin" }

describe("the program's side", () => {
  test("is there only for a child of a supervisor, once, and leaves no trace in the environment", () => {
    const child = fakeProcess({ ...SUPERVISED })
    expect(createSupervised(child)).not.toBeNull()
    expect(child.env).toEqual({ PATH: "/bin" })
    expect(createSupervised(child)).toBeNull()
    const orphan = fakeProcess({ ...SUPERVISED }, false)
    expect(createSupervised(orphan)).toBeNull()
    expect(orphan.env).toEqual({ PATH: "/bin" })
    expect(createSupervised(fakeProcess({}))).toBeNull()
  })

  test("says what the supervisor understands, however long it is", () => {
    const child = fakeProcess({ ...SUPERVISED })
    const supervised = createSupervised(child)
    supervised?.phase("x".repeat(1000))
    supervised?.healthy()
    supervised?.hindered("the disk is full")
    supervised?.switchTo("1.2.3")
    supervised?.restart()
    expect(child.said).toEqual([
      { type: "phase", phase: "x".repeat(256) },
      { type: "healthy" },
      { type: "hindered", reason: "the disk is full" },
      { type: "switch", version: "1.2.3" },
      { type: "restart" },
    ])
  })

  test("tells of a stop, of a second one, and of a supervisor that is gone", () => {
    const child = fakeProcess({ ...SUPERVISED })
    const supervised = createSupervised(child)
    const told: boolean[] = []
    supervised?.onStop((again) => told.push(again))
    child.hears({ type: "go" })
    child.hears("stop")
    expect(told).toEqual([])
    child.hears({ type: "stop" })
    child.hears({ type: "stop" })
    // It went after it asked for the end: that is no reason to hurry.
    child.loses()
    expect(told).toEqual([false, true])

    const late: boolean[] = []
    supervised?.onStop((again) => late.push(again))
    expect(late).toEqual([false, true])

    const left = fakeProcess({ ...SUPERVISED })
    const gone: boolean[] = []
    createSupervised(left)?.onStop((again) => gone.push(again))
    left.loses()
    expect(gone).toEqual([false])
  })
})
