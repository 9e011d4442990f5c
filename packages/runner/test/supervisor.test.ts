import { expect, it, vi } from "vitest"
import { createSupervisor } from "../src/sandbox/supervisor.ts"

it("kills nothing for a job that is over: its process ids may be those of others", () => {
  const kill = vi.fn<() => void>()
  const limits = { wallSeconds: 60, memoryMb: 100, processes: 10, outputBytes: 1024 }
  const supervisor = createSupervisor({ limits, outputs: "/", signal: undefined, kill })
  expect(supervisor.finished().ending).toBeNull()
  supervisor.stop("limit", "left too much")
  expect(kill).not.toHaveBeenCalled()
  expect(supervisor.finished().ending).toBeNull()
})
