import { createHash } from "node:crypto"
import { readdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Metadata, MetaFile, Root, Signature, Snapshot, type Targets, Timestamp } from "@tufjs/models"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import {
  common,
  createKey,
  createKeys,
  type Document,
  encode,
  type Keys,
  type Role,
  type Signed,
  signed,
} from "../src/index.ts"
import { type ChannelFixture, DAY, HOUR, refusal, startChannel } from "./fixture.ts"

/** Signs what an attacker with the keys of some roles would. */
function forge<T extends Signed>(content: T, keys: Keys, role: Role): Document<T> {
  return signed(content, keys[role].keys)
}

function described(document: Document): MetaFile {
  const bytes = encode(document)
  const sha256 = createHash("sha256").update(bytes).digest("hex")
  return new MetaFile({ version: document.signed.version, length: bytes.length, hashes: { sha256 } })
}

function timestamp(fixture: ChannelFixture, version: number, snapshot: Document<Snapshot>): Document<Timestamp> {
  const content = new Timestamp({ ...common(version, fixture.clock.now(), 86_400), snapshotMeta: described(snapshot) })
  return forge(content, fixture.keys, "timestamp")
}

function snapshot(fixture: ChannelFixture, version: number, targets: Document<Targets>): Document<Snapshot> {
  const meta = { "targets.json": described(targets) }
  return forge(new Snapshot({ ...common(version, fixture.clock.now(), 86_400), meta }), fixture.keys, "snapshot")
}

/** Overwrites what the client keeps. */
async function damage(fixture: ChannelFixture, name: string): Promise<void> {
  for (const folder of await readdir(fixture.cache)) await writeFile(join(fixture.cache, folder, name), "{")
}

/** The root of now with other fields. */
function changedRoot(root: Document<Root>, change: (data: ReturnType<Root["toJSON"]>) => object): Root {
  const data = structuredClone(root.signed.toJSON())
  return Root.fromJSON({ ...data, version: root.signed.version + 1, ...change(data) })
}

describe("versions that go back", () => {
  test("an older timestamp", async () => {
    await using fixture = await startChannel()
    const before = await fixture.metadata("timestamp.json")
    await fixture.publish("1.1.0")
    await fixture.open().latest()

    fixture.serve({ "timestamp.json": before })
    const error = await refusal(fixture.open().latest())
    expect(error).toMatchObject({ code: "channel_untrusted", message: expect.stringContaining("less than current") })
    fixture.server.behave()
    expect((await fixture.open().latest()).version).toBe("1.1.0")
  })

  test("an older timestamp, for a client whose kept timestamp is damaged: the targets still do not go back", async () => {
    await using fixture = await startChannel()
    const before = await fixture.metadata("timestamp.json")
    await fixture.publish("1.1.0")
    const client = fixture.open()
    await client.latest()
    await damage(fixture, "timestamp.json")

    fixture.serve({ "timestamp.json": before })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
    fixture.server.behave()
    expect((await fixture.open().latest()).version).toBe("1.1.0")
  })

  test("an older snapshot, under a timestamp by a stolen key", async () => {
    await using fixture = await startChannel()
    const { snapshot: before } = fixture.repository.current()
    await fixture.publish("1.1.0")
    await fixture.open().latest()
    const { version } = fixture.repository.current().timestamp.signed

    fixture.serve({ "timestamp.json": timestamp(fixture, version + 1, before) })
    expect(await refusal(fixture.open().latest())).toMatchObject({
      code: "channel_untrusted",
      message: expect.stringContaining("snapshot version"),
    })
  })

  test("older targets, under timestamp and snapshot by stolen keys", async () => {
    await using fixture = await startChannel()
    const { targets: before } = fixture.repository.current()
    await fixture.publish("1.1.0")
    await fixture.open().latest()
    const now = fixture.repository.current()

    const older = snapshot(fixture, now.snapshot.signed.version + 1, before)
    fixture.serve({
      "timestamp.json": timestamp(fixture, now.timestamp.signed.version + 1, older),
      [`${older.signed.version}.snapshot.json`]: older,
    })
    expect(await refusal(fixture.open().latest())).toMatchObject({
      code: "channel_untrusted",
      message: expect.stringContaining("targets.json is less than current"),
    })
  })

  test("a snapshot without targets", async () => {
    await using fixture = await startChannel()
    const now = fixture.repository.current()
    const empty = forge(new Snapshot({ ...common(9, fixture.clock.now(), 86_400), meta: {} }), fixture.keys, "snapshot")
    fixture.serve({
      "timestamp.json": timestamp(fixture, now.timestamp.signed.version + 1, empty),
      "9.snapshot.json": empty,
    })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })
})

describe("what is too old", () => {
  test("a frozen channel: its timestamp ran out", async () => {
    await using fixture = await startChannel()
    await fixture.open().latest()
    fixture.clock.advance(3 * DAY - 1)
    expect((await fixture.open().latest()).version).toBe("1.0.0")
    fixture.clock.advance(1)
    for (const folder of [fixture.cache, `${fixture.path}/fresh`]) {
      const error = await refusal(fixture.open({ folder }).latest())
      expect(error.code).toBe("channel_expired")
      expect(error.message).toBe(
        "the channel's timestamp.json was valid until 2025-10-12T08:53:20Z: the clock of this machine says 2025-10-12T08:53:20Z",
      )
    }
    await fixture.repository.refresh()
    expect((await fixture.open().latest()).version).toBe("1.0.0")
  })

  test.each(["root", "targets", "snapshot"] as const)("an expired %s under a fresh timestamp", async (role) => {
    await using fixture = await startChannel({ lifetimes: { [role]: 3600 } })
    await fixture.open().latest()
    fixture.clock.advance(HOUR)
    // Signed by a key that is in use: nobody but the others has stopped.
    const { timestamp: now, snapshot: same } = fixture.repository.current()
    fixture.serve({ "timestamp.json": timestamp(fixture, now.signed.version + 1, same) })
    expect(await refusal(fixture.open().latest())).toMatchObject({
      code: "channel_expired",
      message: expect.stringContaining(`the channel's ${role}.json was valid until 2025-10-09T09:53:20Z`),
    })
  })

  test("an expired root that ships is the way to a newer one", async () => {
    await using fixture = await startChannel()
    fixture.clock.advance(360 * DAY)
    await fixture.repository.rotateRoot(fixture.keys)
    fixture.clock.advance(30 * DAY)
    await fixture.repository.refresh()
    expect((await fixture.open().latest()).version).toBe("1.0.0")
  })
})

describe("parts of different times", () => {
  test("the snapshot of an earlier time under the timestamp of now", async () => {
    await using fixture = await startChannel()
    const before = await fixture.metadata("2.snapshot.json")
    await fixture.publish("1.1.0")
    fixture.serve({ "3.snapshot.json": before })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })

  test("the targets of an earlier time under the snapshot of now", async () => {
    await using fixture = await startChannel()
    const before = await fixture.metadata("2.targets.json")
    await fixture.publish("1.1.0")
    fixture.serve({ "3.targets.json": before })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })

  test("other targets of the same version, signed as they should be", async () => {
    await using fixture = await startChannel()
    const { targets } = fixture.repository.current()
    targets.signed.unrecognizedFields["issued"] = "2025-10-09T08:00:00Z"
    fixture.serve({ "2.targets.json": forge(targets.signed, fixture.keys, "targets") })
    expect(await refusal(fixture.open().latest())).toMatchObject({
      code: "channel_untrusted",
      message: expect.stringContaining("Expected hash"),
    })
  })

  test("one kind of document in place of another", async () => {
    await using fixture = await startChannel()
    for (const other of ["1.root.json", "2.targets.json", "2.snapshot.json"]) {
      fixture.serve({ "timestamp.json": await fixture.metadata(other) })
      expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
    }
  })
})

describe("signatures", () => {
  test("fewer than the threshold", async () => {
    const keys = { ...createKeys(), targets: { keys: [createKey(), createKey()], threshold: 2 } }
    await using fixture = await startChannel({ keys })
    expect((await fixture.open().latest()).version).toBe("1.0.0")

    const now = fixture.repository.current()
    const targets = signed(now.targets.signed, keys.targets.keys.slice(0, 1))
    const above = snapshot(fixture, 9, targets)
    fixture.serve({
      "timestamp.json": timestamp(fixture, 9, above),
      "9.snapshot.json": above,
      "2.targets.json": targets,
    })
    const error = await refusal(fixture.open({ folder: `${fixture.path}/fresh` }).latest())
    expect(error).toMatchObject({ code: "channel_untrusted", message: expect.stringContaining("1/2 keys") })
  })

  test.each(["timestamp", "snapshot", "targets"] as const)("of an unknown key on the %s", async (role) => {
    await using fixture = await startChannel()
    const strangers = { ...fixture.keys, [role]: createKeys()[role] }
    const stranger = { ...fixture, keys: strangers }
    const targets = forge(fixture.repository.current().targets.signed, strangers, "targets")
    const above = snapshot(stranger, 9, targets)
    fixture.serve({
      "timestamp.json": timestamp(stranger, 9, above),
      "9.snapshot.json": above,
      "2.targets.json": targets,
    })
    const error = await refusal(fixture.open().latest())
    expect(error).toMatchObject({ code: "channel_untrusted", message: expect.stringContaining("0/1 keys") })
  })

  test("of an unknown key under the name of a known one", async () => {
    await using fixture = await startChannel()
    const [known] = fixture.keys.timestamp.keys
    const { timestamp: now } = fixture.repository.current()
    const forged = signed(now.signed, [createKey()])
    const [signature] = Object.values(forged.signatures)
    const named = new Metadata(now.signed, {
      [known?.key.keyID ?? ""]: new Signature({ keyID: known?.key.keyID ?? "", sig: signature?.sig ?? "" }),
    })
    fixture.serve({ "timestamp.json": named })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })

  test("one signature listed twice to reach a threshold", async () => {
    await using fixture = await startChannel()
    const { root } = fixture.repository.current()
    const next = signed(
      changedRoot(root, () => ({})),
      fixture.keys.root.keys.slice(0, 1),
    ).toJSON()
    const [signature] = z.array(z.json()).parse(next["signatures"])
    fixture.serve({ "2.root.json": Buffer.from(JSON.stringify({ ...next, signatures: [signature, signature] })) })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })

  test("one key under two names in a root", async () => {
    await using fixture = await startChannel()
    const { root } = fixture.repository.current()
    const [one] = fixture.keys.root.keys
    if (one === undefined) throw new TypeError("no key")
    const next = changedRoot(root, ({ keys, roles }) => ({
      keys: { ...Object(keys), second: one.key.toJSON() },
      roles: { ...Object(roles), root: { keyids: [one.key.keyID, "second"], threshold: 2 } },
    }))
    const document = signed(next, fixture.keys.root.keys)
    const sig = document.signatures[one.key.keyID]?.sig ?? ""
    document.signatures["second"] = new Signature({ keyID: "second", sig })
    fixture.serve({ "2.root.json": document })
    expect(await refusal(fixture.open().latest())).toMatchObject({
      code: "channel_untrusted",
      message: expect.stringContaining("counts a key of root twice"),
    })
  })
})

describe("roots", () => {
  test("rotated once, and several times while the client was away", async () => {
    await using fixture = await startChannel()
    await fixture.open().latest()
    const second = createKeys()
    await fixture.repository.rotateRoot(second)
    await fixture.publish("1.1.0")
    expect((await fixture.open().latest()).version).toBe("1.1.0")

    await fixture.repository.rotateRoot(createKeys())
    await fixture.repository.rotateRoot(createKeys())
    await fixture.publish("1.2.0")
    expect((await fixture.open().latest()).version).toBe("1.2.0")
    const fresh = `${fixture.path}/fresh`
    expect((await fixture.open({ folder: fresh }).latest()).version).toBe("1.2.0")
    const root = await fixture.metadata("3.root.json")
    expect((await fixture.open({ root }).latest()).version).toBe("1.2.0")
  })

  test("more rotations than one look follows are followed by later ones", async () => {
    await using fixture = await startChannel()
    for (let i = 0; i < 3; i++) await fixture.repository.rotateRoot(createKeys())
    const client = fixture.open({ limits: { rotations: 2 } })
    expect(await refusal(client.latest())).toMatchObject({ code: "channel_untrusted" })
    expect((await client.latest()).version).toBe("1.0.0")
  })

  test("after a rotation the old keys sign nothing more", async () => {
    await using fixture = await startChannel()
    const before = fixture.repository.current()
    await fixture.repository.rotateRoot(createKeys())
    fixture.serve({ "timestamp.json": timestamp(fixture, 99, before.snapshot) })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })

  test("a timestamp of a stolen key with a version far ahead is forgotten with that key", async () => {
    await using fixture = await startChannel()
    const { snapshot: same } = fixture.repository.current()
    fixture.serve({ "timestamp.json": timestamp(fixture, 1_000_000, same) })
    await fixture.open().latest()
    fixture.server.behave()
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })

    await fixture.repository.rotateRoot({ ...fixture.keys, timestamp: createKeys().timestamp })
    expect((await fixture.open().latest()).version).toBe("1.0.0")
  })

  const next = (fixture: ChannelFixture, to: Keys): Root => fixture.repository.draftRoot(to).signed
  test.each([
    ["by the new keys only", (f: ChannelFixture, to: Keys) => signed(next(f, to), to.root.keys)],
    ["by the old keys only", (f: ChannelFixture, to: Keys) => signed(next(f, to), f.keys.root.keys)],
    [
      "by one old key and all new ones",
      (f: ChannelFixture, to: Keys) => signed(next(f, to), [...f.keys.root.keys.slice(0, 1), ...to.root.keys]),
    ],
    [
      "by all, with a version left out",
      (f: ChannelFixture, to: Keys) => {
        const root = Root.fromJSON({ ...next(f, to).toJSON(), version: 3 })
        return signed(root, [...f.keys.root.keys, ...to.root.keys])
      },
    ],
  ])("signed %s", async (_, make) => {
    await using fixture = await startChannel()
    fixture.serve({ "2.root.json": make(fixture, createKeys()) })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
    fixture.server.behave()
    expect((await fixture.open().latest()).version).toBe("1.0.0")
  })

  test("without versions in the names of files", async () => {
    await using fixture = await startChannel()
    const { root } = fixture.repository.current()
    fixture.serve({
      "2.root.json": signed(
        changedRoot(root, () => ({ consistent_snapshot: false })),
        fixture.keys.root.keys,
      ),
    })
    expect(await refusal(fixture.open().latest())).toMatchObject({ code: "channel_untrusted" })
  })

  test("given to the client, yet none at all", async () => {
    await using fixture = await startChannel()
    for (const root of ["", "{}", "null", "<html>"]) {
      const client = fixture.open({ root: Buffer.from(root) })
      expect(await refusal(client.latest())).toMatchObject({ code: "channel_untrusted" })
    }
    expect(fixture.server.requests).toEqual([])
  })
})
