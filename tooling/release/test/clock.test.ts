import { expect, test } from "vitest"
import { DAY, HOUR, refusal, startChannel, YEAR } from "./fixture.ts"

test("a clock that is a year ahead: what it says, and what to do", async () => {
  await using fixture = await startChannel()
  fixture.clock.advance(YEAR - HOUR)
  const error = await refusal(fixture.open().latest())
  expect(error.code).toBe("channel_expired")
  expect(error.message).toBe(
    "the channel's timestamp.json was valid until 2025-10-12T08:53:20Z, 361 days ago: the clock of this machine says 2026-10-09T07:53:20Z",
  )
  expect(error.next).toContain("set this machine's clock")

  fixture.clock.set(fixture.clock.now() - YEAR + 2 * HOUR)
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})

test("a clock that is behind the program's own root", async () => {
  await using fixture = await startChannel()
  fixture.clock.advance(-YEAR)
  const error = await refusal(fixture.open().latest())
  expect(error.code).toBe("channel_expired")
  expect(error.message).toBe(
    "the clock of this machine says 2024-10-09T08:53:20Z, yet the root of trust that came with this program was signed at 2025-10-09T08:53:20Z: it is behind, and cannot tell what is out of date",
  )
  expect(fixture.server.requests).toEqual([])
})

test("a clock that is behind what the channel says, and behind what it said before", async () => {
  await using fixture = await startChannel()
  const before = await fixture.metadata("timestamp.json")
  fixture.clock.advance(20 * DAY)
  await fixture.repository.refresh()
  fixture.clock.advance(-19 * DAY)
  expect(await refusal(fixture.open().latest())).toMatchObject({
    code: "channel_expired",
    message: expect.stringContaining("yet the channel was signed at 2025-10-29"),
  })

  fixture.clock.advance(19 * DAY)
  await fixture.open().latest()
  fixture.clock.advance(-19 * DAY)
  fixture.serve({ "timestamp.json": before })
  expect(await refusal(fixture.open().latest())).toMatchObject({
    code: "channel_expired",
    message: expect.stringContaining("yet what was seen of the channel before was signed at 2025-10-29"),
  })
})

test("a clock that is a little off is not spoken of", async () => {
  await using fixture = await startChannel()
  fixture.clock.advance(-HOUR)
  expect((await fixture.open().latest()).version).toBe("1.0.0")
})
