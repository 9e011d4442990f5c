import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { Notice } from "@spore/api/client"
import { updateWords } from "@spore/api/views"
import { claimFile } from "@spore/operator/process"
import { type Logger, SporeError, silentLogger } from "@spore/records"
import { temporaryFolder, TEST_EPOCH, until } from "@spore/testkit"
import { expect, test } from "vitest"
import { z } from "zod"
import { createUpdater, type Updater, type UpdaterInit } from "../../src/updates/updater.ts"
import { type FakeChannel, fakeChannel, releaseOf } from "../support/fake-channel.ts"
import { type FakeVersions, fakeVersions } from "../support/fake-versions.ts"
import { like } from "../support/match.ts"
import { type Paced, paced } from "../support/paced.ts"

const HOUR = 3_600_000

interface Made extends AsyncDisposable {
  readonly updater: Updater
  readonly channel: FakeChannel
  readonly versions: FakeVersions
  readonly time: Paced
  readonly folder: string
  readonly told: Notice[]
  readonly logged: string[]
  /** What the supervisor and the node were asked for, in order. */
  readonly asked: string[]
  /** Ends the running job. */
  readonly finish: () => void
  start(): void
  /** Lets time pass until the channel was looked at once more, and what came of it is done. */
  look(): Promise<void>
}

/** A node of version 1.0.0 whose channel offers 1.1.0. */
async function updaterOf(changes: Partial<UpdaterInit> = {}): Promise<Made> {
  const folder = await temporaryFolder()
  const channel = fakeChannel(releaseOf("1.1.0"))
  const versions = fakeVersions()
  const time = paced()
  const told: Notice[] = []
  const logged: string[] = []
  const asked: string[] = []
  const job = Promise.withResolvers<void>()
  const note = (_: object, message: string): void => void logged.push(message)
  const log: Logger = { ...silentLogger, info: note, warn: note, error: note }
  const updater = createUpdater({
    version: "1.0.0",
    node: "24.0.0",
    channel: channel.name,
    whyNot: null,
    home: { folder: folder.path, versions },
    openChannel: async () => channel,
    supervised: { switchTo: (to) => void asked.push(`switch to ${to}`), restart: () => void asked.push("restart") },
    clock: time.clock,
    random: { next: () => 0.5 },
    sleep: time.sleep,
    log,
    tell: (notice) => void told.push(notice),
    ...changes,
  })
  const hold = { idle: job.promise, release: () => void asked.push("release") }
  return {
    updater,
    channel,
    versions,
    time,
    folder: folder.path,
    told,
    logged,
    asked,
    finish: job.resolve,
    start: () =>
      updater.start({
        holdJobs: () => {
          asked.push("hold")
          return hold
        },
        end: () => void asked.push("end"),
      }),
    look: async () => {
      const before = channel.looks
      while (channel.looks === before) {
        await time.wake()
        await until(() => channel.looks > before || time.sleepers() > 0)
      }
      await until(async () => (await updater.status()).doing === "idle" || asked.includes("hold"))
      await until(() => time.sleepers() > 0)
    },
    [Symbol.asyncDispose]: async () => {
      await updater.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test("looks some minutes after the start and every six hours, and goes on as what it found when the job has ended", async () => {
  await using made = await updaterOf()
  const { updater, channel, time, asked, told } = made
  made.start()
  const began = time.clock.now()
  expect((await updater.status()).next_look_at).toBe(TEST_EPOCH + 240)
  channel.offer(releaseOf("1.0.0"))
  await made.look()
  expect((time.clock.now() - began) / 60_000).toBe(4)
  expect(await updater.status()).toMatchObject({
    automatic: true,
    doing: "idle",
    newest: { version: "1.0.0", standing: "current" },
    looked_at: TEST_EPOCH + 240,
    reached_at: TEST_EPOCH + 240,
    next_look_at: TEST_EPOCH + 240 + 6 * 3600,
    problem: null,
  })
  channel.offer(releaseOf("1.1.0"))
  await made.look()
  expect(time.clock.now() - began).toBe(240_000 + 6 * HOUR)
  expect(made.versions.installed).toEqual(["1.1.0"])
  expect(asked).toEqual(["hold"])
  expect((await updater.status()).doing).toBe("waiting")
  expect(told.map(({ code }) => code)).toEqual(["update_installed"])
  made.finish()
  await until(() => asked.includes("end"))
  expect(asked).toEqual(["hold", "switch to 1.1.0", "end"])
  expect(told.map(({ code }) => code)).toEqual(["update_installed", "update_switching"])
})

test("waits for the running job ten minutes, and no longer", async () => {
  await using made = await updaterOf()
  made.start()
  await made.look()
  expect(made.asked).toEqual(["hold"])
  const began = made.time.clock.now()
  // The loop sleeps until its next look, and the change until its patience is over.
  while (!made.asked.includes("end")) await made.time.wake()
  expect(made.time.clock.now() - began).toBeLessThanOrEqual(2 * 600_000)
  expect(made.asked).toEqual(["hold", "switch to 1.1.0", "end"])
})

test("a wait of at most a tenth more or less keeps nodes from looking together", async () => {
  for (const [draw, first, period] of [
    [0, 120, 0.9],
    [0.999999, 360, 1.1],
  ] as const) {
    await using made = await updaterOf({ random: { next: () => draw } })
    made.channel.offer(releaseOf("1.0.0"))
    made.start()
    await made.look()
    const { looked_at: looked, next_look_at: next } = await made.updater.status()
    expect(looked).toBeCloseTo(TEST_EPOCH + first, -1)
    expect((next ?? 0) - (looked ?? 0)).toBeCloseTo(period * 6 * 3600, -1)
  }
})

test("a clock that is put back or jumps ahead makes no wait longer", async () => {
  await using made = await updaterOf()
  made.channel.offer(releaseOf("1.0.0"))
  made.start()
  await made.look()
  made.time.clock.set((TEST_EPOCH - 365 * 86_400) * 1000)
  const before = made.time.clock.now()
  await made.look()
  expect(made.time.clock.now() - before).toBe(6 * HOUR)
  // A machine that slept: timers stood still, the clock did not.
  made.time.clock.advance(12 * HOUR)
  const woken = made.time.clock.now()
  await made.look()
  expect(made.time.clock.now() - woken).toBeLessThanOrEqual(600_000)
})

test.each([
  ["refused here", releaseOf("1.1.0"), { standing: "refused", reason: "it did not start" }],
  ["for a newer Node.js", releaseOf("1.2.0", { node: "30.0.0" }), { standing: "needs_node" }],
  ["older", releaseOf("0.9.0"), { standing: "current" }],
])("takes nothing that is %s", async (_, release, newest) => {
  await using made = await updaterOf()
  made.versions.set({ refused: { "1.1.0": { reason: "it did not start", at: 1 } } })
  made.channel.offer(release)
  made.start()
  await made.look()
  expect(made.channel.downloads).toEqual([])
  expect(made.asked).toEqual([])
  expect((await made.updater.status()).newest).toMatchObject({ version: release.version, ...newest })
})

test("a channel that cannot be reached is one quiet line, is asked again within the hour, and tells when it was reached", async () => {
  await using made = await updaterOf()
  made.channel.offer(releaseOf("1.0.0"))
  made.start()
  await made.look()
  const { reached_at: reached } = await made.updater.status()
  made.channel.offer(new SporeError("channel_unreachable", "no route to it"))
  await made.look()
  const before = made.time.clock.now()
  await made.look()
  expect(made.time.clock.now() - before).toBe(HOUR)
  await made.look()
  const status = await made.updater.status()
  expect(status).toMatchObject({ reached_at: reached, problem: null, newest: { version: "1.0.0" } })
  expect(status.looked_at).toBeGreaterThan(reached ?? Infinity)
  expect(made.told).toEqual([])
  expect(made.logged).toEqual(["no answer of the release channel"])
  made.channel.offer(releaseOf("1.0.0"))
  await made.look()
  expect(made.logged).toEqual(["no answer of the release channel", "the release channel answers again"])
})

test("a channel that stays silent for a week, or beyond what it signed, is a problem, told once", async () => {
  for (const [holds, hours] of [
    [30 * 86_400, 7 * 24],
    [3 * 86_400, 3 * 24],
  ] as const) {
    await using made = await updaterOf()
    made.channel.offer(releaseOf("1.0.0"))
    made.channel.holdUntil(TEST_EPOCH + 240 + holds)
    made.start()
    await made.look()
    const began = made.time.clock.now()
    made.channel.offer(new SporeError("channel_unreachable", "answers 503"))
    made.time.clock.advance((hours - 2) * HOUR)
    await made.look()
    expect(made.time.clock.now() - began).toBeLessThan(hours * HOUR)
    expect(await made.updater.status()).toMatchObject({ stale: false, problem: null })
    made.time.clock.advance(2 * HOUR)
    await made.look()
    await made.look()
    expect(made.told).toMatchObject([{ code: "channel_silent" }])
    const status = await made.updater.status()
    expect(status).toMatchObject({ stale: true, problem: made.told[0], newest: { standing: "current" } })
    expect(updateWords(status)).toMatch(
      /^nothing newer was out at the last good look, The release channel last answered/,
    )
    made.channel.offer(releaseOf("1.0.0"))
    made.channel.holdUntil(Infinity)
    await made.look()
    expect(await made.updater.status()).toMatchObject({ stale: false, problem: null })
  }
})

test("a channel that never answered at all is a problem after a week", async () => {
  await using made = await updaterOf()
  made.channel.offer(new SporeError("channel_unreachable", "no route to it"))
  made.start()
  await made.look()
  made.time.clock.advance((7 * 24 - 2) * HOUR)
  await made.look()
  expect(made.told).toEqual([])
  made.time.clock.advance(2 * HOUR)
  await made.look()
  expect((await made.updater.status()).problem).toMatchObject({
    code: "channel_silent",
    message: like("never answered"),
  })
})

test("a release that is named and cannot be had is a problem, and tried again within the hour", async () => {
  await using made = await updaterOf()
  made.channel.withhold(new SporeError("channel_incomplete", "the channel has no spore-cli-1.1.0.tgz"))
  made.start()
  await made.look()
  const problem = { code: "channel_incomplete", message: like("has no spore-cli-1.1.0.tgz") }
  expect((await made.updater.status()).problem).toMatchObject(problem)
  expect(made.told).toMatchObject([problem])
  const before = made.time.clock.now()
  made.channel.withhold(null)
  await made.look()
  expect(made.time.clock.now() - before).toBe(HOUR)
  expect(made.channel.downloads).toEqual(["1.1.0"])
})

test("an untrusted channel is told once, and stays a problem until it is in order again", async () => {
  await using made = await updaterOf()
  const words = "1 of 2 signatures that it needs"
  made.channel.offer(new SporeError("channel_untrusted", words, { next: "look from another network" }))
  made.start()
  await made.look()
  await made.look()
  const problem = { code: "channel_untrusted", message: `No update: ${words}`, next: "look from another network" }
  expect(made.told).toEqual([problem])
  expect(made.channel.downloads).toEqual([])
  // Unreachable meanwhile: that mends nothing.
  made.channel.offer(new SporeError("channel_unreachable", "no route to it"))
  await made.look()
  expect((await made.updater.status()).problem).toEqual(problem)
  // Another process of this user sees it too.
  await using other = await updaterOf({ home: { folder: made.folder, versions: made.versions } })
  expect((await other.updater.status()).problem).toEqual(problem)
  made.channel.offer(releaseOf("1.0.0"))
  await made.look()
  expect((await made.updater.status()).problem).toBeNull()
})

test("an update that cannot be installed is a problem, and tried again at the next look", async () => {
  await using made = await updaterOf()
  made.versions.failBy(new SporeError("disk_full", "no room left", { next: "free some" }))
  made.start()
  await made.look()
  expect((await made.updater.status()).problem).toMatchObject({ code: "disk_full" })
  expect(made.asked).toEqual([])
  made.versions.failBy(null)
  await made.look()
  expect(made.asked).toEqual(["hold"])
})

test("a folder that cannot be written is a problem, and no more", async () => {
  await using made = await updaterOf()
  const path = join(made.folder, "a file")
  await writeFile(path, "")
  await using blocked = await updaterOf({ home: { folder: join(path, "versions"), versions: made.versions } })
  blocked.start()
  await blocked.time.pass(240_000)
  const problem = await until(async () => (await blocked.updater.status()).problem)
  expect(problem).toMatchObject({ code: "versions_read_only" })
  expect(blocked.told).toEqual([problem])
})

test("another process that looks at the moment is waited for some minutes, without a word", async () => {
  await using made = await updaterOf()
  const claim = await claimFile(join(made.folder, "looking.json"), z.object({}), {})
  made.start()
  await made.time.pass(240_000)
  const before = made.time.clock.now()
  await until(async () => ((await made.updater.status()).next_look_at ?? 0) * 1000 > before)
  expect((await made.updater.status()).next_look_at).toBe(before / 1000 + 300)
  claim.release()
  await made.look()
  expect(made.asked).toEqual(["hold"])
  expect(made.told.map(({ code }) => code)).toEqual(["update_installed"])
})

test.each([
  ["found good", { current: "1.1.0" }],
  ["went back to", { refused: { "1.0.0": { reason: "its user went back from it", at: 1 } } }],
])(
  "goes on within ten minutes as what another process of this user %s, whatever the channel does",
  async (_, state) => {
    await using made = await updaterOf()
    made.channel.offer(new SporeError("channel_unreachable", "no route to it"))
    made.start()
    await made.look()
    const looks = made.channel.looks
    const began = made.time.clock.now()
    made.versions.set(state)
    while (!made.asked.includes("hold")) {
      await made.time.wake()
      await until(() => made.time.sleepers() > 0)
    }
    expect(made.time.clock.now() - began).toBeLessThanOrEqual(600_000)
    made.finish()
    await until(() => made.asked.includes("end"))
    expect(made.asked).toEqual(["hold", "restart", "end"])
    expect(made.channel.looks).toBe(looks)
    expect(made.channel.downloads).toEqual([])
  },
)

test("a version that its supervisor passed over is no reason to end, though others run it", async () => {
  await using made = await updaterOf({ passedOver: ["1.1.0"] })
  made.versions.set({ current: "1.1.0" })
  made.start()
  await made.look()
  await made.look()
  expect(made.asked).toEqual([])
  expect(made.channel.downloads).toEqual([])
  expect(await made.updater.change(null)).toBe(false)
  expect((await made.updater.status()).newest).toMatchObject({ standing: "refused", reason: like("this data folder") })
  made.channel.offer(releaseOf("1.2.0"))
  await made.look()
  made.finish()
  await until(() => made.asked.includes("end"))
  expect(made.asked).toEqual(["hold", "switch to 1.2.0", "end"])
})

test("is told to go on as what runs, and does nothing", async () => {
  await using made = await updaterOf()
  made.start()
  expect(await made.updater.change("1.0.0")).toBe(false)
  expect(made.asked).toEqual([])
})

test("asks nobody where it is not to, and changes its version all the same when it is told to", async () => {
  await using made = await updaterOf({ whyNot: "--no-auto-update" })
  made.start()
  expect(await made.updater.status()).toMatchObject({
    automatic: false,
    why_not: "--no-auto-update",
    next_look_at: null,
  })
  expect(made.time.sleepers()).toBe(0)
  await expect(made.updater.change("1.1.0")).rejects.toMatchObject({ code: "version_missing" })
  await made.versions.install(releaseOf("1.1.0"), "")
  expect(await made.updater.change(null)).toBe(false)
  expect(await made.updater.change("1.1.0")).toBe(true)
  made.finish()
  await until(() => made.asked.includes("end"))
  expect(made.asked).toEqual(["hold", "switch to 1.1.0", "end"])
  expect(made.channel.looks).toBe(0)
})

test("a change that waits is joined, and becomes one to another version that is asked for", async () => {
  await using made = await updaterOf()
  const { updater, asked } = made
  made.start()
  await made.look()
  expect(await updater.change("1.1.0")).toBe(true)
  await made.versions.install(releaseOf("1.2.0"), "")
  expect(await updater.change("1.2.0")).toBe(true)
  made.finish()
  await until(() => asked.includes("end"))
  expect(asked).toEqual(["hold", "switch to 1.2.0", "end"])
  expect(await updater.change("1.2.0")).toBe(true)
  await expect(updater.change("1.1.0")).rejects.toMatchObject({ code: "node_busy" })
  expect(() => updater.callOff()).toThrow(expect.objectContaining({ code: "node_busy" }))
})

test("a change that waits is called off, and the node works on until the next", async () => {
  await using made = await updaterOf()
  const { updater, asked } = made
  expect(updater.callOff()).toBeNull()
  made.start()
  await made.look()
  expect(updater.callOff()).toBe("1.1.0")
  await until(() => asked.includes("release"))
  expect((await updater.status()).doing).toBe("idle")
  expect(await updater.change(null)).toBe(false)
  made.finish()
  expect(await updater.change("1.1.0")).toBe(true)
  await until(() => asked.includes("end"))
  expect(asked).toEqual(["hold", "release", "hold", "switch to 1.1.0", "end"])
})

test("going back to the current version is not called off", async () => {
  await using made = await updaterOf()
  made.versions.set({ refused: { "1.0.0": { reason: "gone back from", at: 1 } } })
  made.start()
  expect(await made.updater.change(null)).toBe(true)
  expect(made.updater.callOff()).toBeNull()
  made.finish()
  await until(() => made.asked.includes("end"))
  expect(made.asked).toEqual(["hold", "restart", "end"])
})

test("a node that nobody would start again, or that does not run yet, changes nothing", async () => {
  await using alone = await updaterOf({ supervised: null })
  alone.start()
  await expect(alone.updater.change(null)).rejects.toMatchObject({ code: "not_supervised" })
  await using early = await updaterOf()
  await expect(early.updater.change(null)).rejects.toMatchObject({ code: "node_busy" })
})

test("stops at once, whatever it waits for", async () => {
  await using made = await updaterOf()
  made.start()
  await made.look()
  await made.updater.stop()
  expect(made.asked).toEqual(["hold"])
  expect(made.logged).toEqual(["update installed"])
})
