import { createHash, randomBytes } from "node:crypto"
import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { ChannelLimits, Release } from "@spore/operator"
import { TargetFile, Targets } from "@tufjs/models"
import { describe, expect, test } from "vitest"
import { type Answer, answers, common, signed } from "../src/index.ts"
import { type ChannelFixture, HOUR, refusal, startChannel } from "./fixture.ts"

const html = answers.bytes(Buffer.from("<!doctype html><title>Welcome to our network</title>"))
const gone: Answer = answers.status(404)

const crawling: Partial<ChannelLimits> = { paceMs: 300, paceBytes: 4096 }

interface Behaviour {
  readonly name: string
  readonly answer: Answer
  /** What is said of it. */
  readonly code: string
  readonly limits?: Partial<ChannelLimits>
}

const behaviours: readonly Behaviour[] = [
  { name: "HTML", answer: html, code: "channel_untrusted" },
  { name: "nothing at all", answer: answers.bytes(Buffer.of()), code: "channel_untrusted" },
  { name: "an error 500", answer: answers.status(500), code: "channel_unreachable" },
  { name: "an error 404", answer: gone, code: "channel_unreachable" },
  { name: "a redirect", answer: answers.redirect("http://127.0.0.1:1/"), code: "channel_unreachable" },
  { name: "a closed connection", answer: answers.closed, code: "channel_unreachable" },
  { name: "a file cut off", answer: answers.truncated, code: "channel_unreachable" },
  { name: "silence", answer: answers.silent, code: "channel_unreachable", limits: { answerMs: 1_500 } },
  { name: "a stalled answer", answer: answers.stalled, code: "channel_abusive", limits: crawling },
  { name: "a byte at a time", answer: answers.slow, code: "channel_abusive", limits: crawling },
  { name: "bytes without end", answer: answers.endless, code: "channel_abusive" },
]

/** Everything that a client asks for. */
const files: readonly (readonly [string, RegExp])[] = [
  ["the next root", /2\.root\.json/],
  ["the timestamp", /timestamp\.json/],
  ["the snapshot", /snapshot\.json/],
  ["the targets", /targets\.json/],
  ["the description of the release", /stable\.json/],
  ["the archive", /\.tgz/],
]

async function lookAndDownload(
  fixture: ChannelFixture,
  path: string,
  limits: Partial<ChannelLimits> = {},
): Promise<Release> {
  const channel = fixture.open({ limits })
  const release = await channel.latest()
  await channel.download(release, path)
  return release
}

describe.each(files)("in place of %s", (file, path) => {
  test.each(behaviours)("$name", async ({ answer, code, limits }) => {
    await using fixture = await startChannel()
    const archive = join(fixture.path, "got.tgz")
    fixture.server.misbehave(path, answer)
    if (file === "the next root" && answer === gone) {
      // The usual answer: there is no newer root.
      await lookAndDownload(fixture, archive)
      return
    }
    // What verified metadata vouch for is held back, if it cannot be had.
    const isNamed = file === "the description of the release" || file === "the archive"
    const expected = isNamed && code === "channel_unreachable" ? "channel_incomplete" : code
    expect(await refusal(lookAndDownload(fixture, archive, limits))).toContain(`${expected}: `)
    expect((await readdir(fixture.path)).filter((name) => name.startsWith("got"))).toEqual([])

    fixture.server.behave()
    await lookAndDownload(fixture, archive)
    expect((await readFile(archive)).length).toBeGreaterThan(0)
  })
})

test("a pace that is just enough still has to come to an end", async () => {
  await using fixture = await startChannel()
  fixture.server.misbehave(/timestamp/, answers.slow)
  const channel = fixture.open({ limits: { paceBytes: 1, lookMs: 700 } })
  expect(await refusal(channel.latest())).toBe(
    "channel_abusive: the look for the newest release took longer than 0.7 s",
  )
})

test("an archive of another content, of the same length or not, is left nowhere", async () => {
  await using fixture = await startChannel()
  const release = await fixture.open().latest()
  const [name = ""] = (await readdir(join(fixture.repository.folder, "targets"))).filter((one) => one.endsWith(".tgz"))
  const bytes = await readFile(join(fixture.repository.folder, "targets", name))
  const other = Buffer.from(bytes)
  other.writeUInt8(other.readUInt8(100) ^ 1, 100)

  const path = join(fixture.path, "got.tgz")
  await writeFile(path, "what was there before")
  for (const [served, code] of [
    [other, "channel_untrusted"],
    [bytes.subarray(1), "channel_untrusted"],
    [Buffer.concat([bytes, Buffer.of(0)]), "channel_abusive"],
  ] as const) {
    fixture.server.misbehave(/\.tgz/, answers.bytes(served))
    expect(await refusal(fixture.open().download(release, path))).toContain(`${code}: `)
    expect(await readFile(path, "utf8")).toBe("what was there before")
  }
})

test("whoever stops a look or a download is told so at once, and nothing is left", async () => {
  await using fixture = await startChannel()
  const channel = fixture.open({ limits: { answerMs: HOUR, paceMs: HOUR } })
  const release = await channel.latest()
  for (const work of [
    (signal: AbortSignal) => channel.latest(signal),
    (signal: AbortSignal) => channel.download(release, join(fixture.path, "got.tgz"), signal),
  ]) {
    const stop = new AbortController()
    fixture.server.misbehave(/timestamp|tgz/, (response) => {
      response.write("{", () => stop.abort(new Error("the node ends")))
    })
    await expect(work(stop.signal)).rejects.toThrow("the node ends")
  }
  expect((await readdir(fixture.path)).filter((name) => name.startsWith("got"))).toEqual([])
})

test("what was seen holds as long as the part that runs out first", async () => {
  await using fixture = await startChannel({ lifetimes: { timestamp: 86_400 } })
  const channel = fixture.open()
  expect(channel.validUntil()).toBeNull()
  const made = fixture.clock.now()
  fixture.clock.advance(HOUR)
  await channel.latest()
  expect(channel.validUntil()).toBe(made / 1000 + 86_400)
})

test("one request for each file, and a word about nobody", async () => {
  await using fixture = await startChannel()
  const channel = fixture.open()
  await channel.latest()
  const first = fixture.server.requests.splice(0)
  expect(first.map((path) => path.replace(/[0-9a-f]{64}/, "HASH"))).toEqual([
    "metadata/2.root.json",
    "metadata/timestamp.json",
    "metadata/2.snapshot.json",
    "metadata/2.targets.json",
    "targets/HASH.stable.json",
  ])
  expect(fixture.server.agents).toEqual(["spore"])

  fixture.server.misbehave(/./, answers.status(503))
  await refusal(fixture.open().latest())
  expect(fixture.server.requests).toHaveLength(1)
})

describe("addresses", () => {
  test.each([
    "http://example.com/",
    "ftp://127.0.0.1/",
    "file:///etc/",
    "https://name:secret@127.0.0.1/",
    "http://127.0.0.1.example.com/",
    "not an address",
  ])("%s is not asked", async (url) => {
    await using fixture = await startChannel()
    const error = await refusal(fixture.open({ url }).latest())
    expect(error).toMatch(/^channel_untrusted: /)
    expect(error).not.toContain("secret")
  })

  test("a folder of a server, with the slash at its end or without", async () => {
    await using fixture = await startChannel()
    for (const url of [`${fixture.server.url}metadata/..`, fixture.server.url.slice(0, -1)]) {
      expect((await fixture.open({ url }).latest()).version).toBe("1.0.0")
    }
  })

  test("where nobody listens", async () => {
    await using fixture = await startChannel()
    const url = fixture.server.url
    await fixture.server[Symbol.asyncDispose]()
    expect(await refusal(fixture.open({ url }).latest())).toMatch(/^channel_unreachable: .*ECONNREFUSED/)
  })
})

describe("releases that this program cannot take", () => {
  /** Publishes a description as it is, signed as it should be. */
  async function say(fixture: ChannelFixture, change: object, archives: readonly TargetFile[] = []): Promise<void> {
    const { targets } = fixture.repository.current()
    const before = targets.signed.targets
    const file = before["stable.json"]
    const old = await readFile(
      join(fixture.repository.folder, "targets", `${file?.hashes["sha256"]}.stable.json`),
      "utf8",
    )
    const bytes = Buffer.from(JSON.stringify({ ...JSON.parse(old), ...change }))
    const sha256 = createHash("sha256").update(bytes).digest("hex")
    await writeFile(join(fixture.repository.folder, "targets", `${sha256}.stable.json`), bytes)
    const stable = new TargetFile({ path: "stable.json", length: bytes.length, hashes: { sha256 } })
    const content = new Targets({ ...common(targets.signed.version + 1, fixture.clock.now(), 86_400), targets: before })
    for (const target of [stable, ...archives]) content.addTarget(target)
    await fixture.repository.accept(signed(content, fixture.keys.targets.keys))
  }

  test.each([
    [{ format: 2, wonderful: true }, "release 1.0.0 is described in form 2; this program knows form 1"],
    [
      { instructions: [{ do: "backfill_tasks" }, { do: "run_shell", line: "rm" }] },
      "release 1.0.0 demands an instruction that this program does not know: run_shell",
    ],
    [
      { instructions: [{ do: "copy_workspace", from: "../..", to: "x" }] },
      "the description of the newest release is malformed: instructions.0.from: expected a relative path",
    ],
    [{ version: "../1.0.0" }, "the description of the newest release is malformed: version: expected a version"],
    [{ archive: "../../spore.tgz" }, "the description of the newest release is malformed: archive: Invalid string"],
    [{ archive: "other.tgz" }, "the channel does not vouch for other.tgz"],
    [{ archive: "stable.json" }, "the description of the newest release is malformed: archive: Invalid string"],
    [{ notes: "x".repeat(70_000) }, "the description of the newest release has 70"],
  ])("%j", async (change, message) => {
    await using fixture = await startChannel()
    await say(fixture, change)
    fixture.server.requests.splice(0)
    expect(await refusal(fixture.open().latest())).toContain(`release_refused: ${message}`)
    expect(fixture.server.requests.filter((path) => path.endsWith(".tgz"))).toEqual([])
  })

  test("an archive beyond the limit is not begun, nor one without a hash or with a path for one", async () => {
    await using fixture = await startChannel()
    const sha256 = randomBytes(32).toString("hex")
    const huge = new TargetFile({ path: "huge.tgz", length: 1e12, hashes: { sha256 } })
    await say(fixture, { archive: "huge.tgz" }, [huge])
    expect(await refusal(fixture.open().latest())).toMatch(/^release_refused: /)

    for (const hashes of [{}, { sha256: "../../../etc/passwd" }, { md5: "0".repeat(32) }]) {
      const file = new TargetFile({ path: "odd.tgz", length: 10, hashes })
      await say(fixture, { archive: "odd.tgz" }, [file])
      const channel = fixture.open()
      const release = await channel.latest()
      const work = channel.download(release, join(fixture.path, "got.tgz"))
      expect(await refusal(work)).toMatch(/^channel_untrusted: /)
    }
    expect(fixture.server.requests.filter((path) => path.includes("tgz") || path.includes("passwd"))).toEqual([])
  })

  test("a channel that has none yet", async () => {
    await using fixture = await startChannel()
    const { targets } = fixture.repository.current()
    const empty = new Targets(common(targets.signed.version + 1, fixture.clock.now(), 86_400))
    await fixture.repository.accept(signed(empty, fixture.keys.targets.keys))
    expect(await refusal(fixture.open().latest())).toMatch(/^channel_unreachable: /)
  })
})
