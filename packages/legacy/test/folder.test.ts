import { createHash } from "node:crypto"
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { temporaryFolder } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import {
  assignTasks,
  inspectLegacy,
  isLegacyFolder,
  type LegacyArtifact,
  type LegacyFolder,
  type LegacyObject,
  type LegacyRefusal,
  openLegacy,
  type PyJson,
  pyObject,
  type PyObject,
  readLegacyFolder,
} from "../src/index.ts"
import { signFields } from "../src/objects/write.ts"
import { fixture, graph, vectors, wireOf } from "./fixtures.ts"
import { bytesBelow, fieldsOf, oldTables, writeSettings } from "./old-node.ts"

const SEED = "01".repeat(32)

async function readAll(folder: LegacyFolder): Promise<{ accepted: LegacyObject[]; refused: LegacyRefusal[] }> {
  const accepted: LegacyObject[] = []
  const refused: LegacyRefusal[] = []
  for await (const outcome of folder.objects()) {
    if (outcome.state === "accepted") accepted.push(outcome.object)
    else refused.push(outcome)
  }
  return { accepted, refused }
}

describe("a folder of 0.4", () => {
  test("all its experiments come along, and become the tasks that 0.6 made of them", async () => {
    await using temporary = await temporaryFolder()
    await mkdir(join(temporary.path, "db"))
    await copyFile(fixture("graph-0.4.sqlite"), join(temporary.path, "db/graph.sqlite"))
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted, refused } = await readAll(folder)
    expect(refused).toEqual([])
    expect(folder.total).toBe(accepted.length)
    const records = accepted.flatMap((object) =>
      object.kind === "legacy_experiment" ? [{ id: object.id, ...object.body }] : [],
    )
    expect(Object.fromEntries(assignTasks(records))).toEqual(graph.task_id_by_record)
    expect([folder.seed, folder.problems, folder.config]).toEqual([
      null,
      [],
      { host: null, port: null, dataDir: null, peers: [] },
    ])
  })
})

describe("a folder of 0.6", () => {
  test("everything in it is read, and none of its bytes changes", async () => {
    await using temporary = await temporaryFolder()
    await using copies = await temporaryFolder()
    await writeSettings(temporary.path, `${SEED}\n`)
    using tables = await opened(temporary.path)

    const stored = vectors.records.filter(({ node }) => node.stored === true)
    for (const { wire_payload } of stored) tables.experiment.insert(fieldsOf(wire_payload))
    const manifest = { manifest_json: wireOf("budget float"), source: "manifest", name: "n" }
    tables.task.insert(pyObject({ ...manifest, task_id: openLegacy(wireOf("budget float")).id }))
    tables.task.insert(pyObject({ task_id: "made up", name: "legacy-12345678" }))
    for (const name of ["challenge", "verification", "dispute rejected", "bpb int"]) {
      const fields = fieldsOf(wireOf(name))
      const [event_id, type, node_id, timestamp] = ["id", "type", "node_id", "timestamp"].map((key) => fields.get(key))
      tables.control.insert(controlRow(event_id, type, node_id, timestamp, wireOf(name)))
    }
    tables.profile.insert(fieldsOf(wireOf("unicode")))
    await writeFile(join(temporary.path, "db/reputation.sqlite"), "never opened")

    const before = await bytesBelow(temporary.path)
    expect([...before.keys()].some((path) => path.endsWith("graph.sqlite-wal"))).toBe(true)
    {
      await using folder = await readLegacyFolder(temporary.path, { temporary: copies.path })
      expect(await readdir(copies.path)).toHaveLength(1)
      expect(Buffer.from(folder.seed ?? []).toString("hex")).toBe(SEED)
      expect(folder.config).toEqual({
        host: "0.0.0.0",
        port: 7470,
        dataDir: "/home/somebody/.spore",
        peers: ["peer.example:7470", "10.0.0.1:7471", "192.0.2.7:7470"],
      })
      expect(folder.problems).toMatchObject([{ what: "peer", code: "bad_schema" }])
      const { accepted, refused } = await readAll(folder)
      expect(folder.total).toBe(accepted.length + refused.length)
      expect(folder.total).toBe(stored.length + 1 + 4 + 1)

      // Whatever SQLite made of the numbers, an experiment that is good on the wire is read back with its own bytes.
      const good = stored.filter(({ wire_payload }) => inspectLegacy(wire_payload).accepted)
      const experiments = accepted.filter(({ kind }) => kind === "legacy_experiment")
      const expected = good.map(({ wire_payload }) => openLegacy(wire_payload))
      expect(new Map(experiments.map((object) => [object.id, object]))).toEqual(
        new Map(expected.map((object) => [object.id, object])),
      )
      expect(refused).toHaveLength(stored.length - good.length)
      const others = accepted.map(({ kind }) => kind).filter((kind) => kind !== "legacy_experiment")
      expect(others).toEqual([
        "legacy_task",
        "legacy_challenge",
        "legacy_verification",
        "legacy_dispute",
        "legacy_challenge",
        "legacy_profile",
      ])
    }
    expect(await bytesBelow(temporary.path)).toEqual(before)
    expect(await readdir(copies.path)).toEqual([])
  })

  test("weakness 4: a whole number in a float column, and others that SQLite changed, are read back", async () => {
    const changed = ["val_bpb int 1", "peak_vram int 1024", "depth 0.0", "num_params 1e16 float", "version 2.0 float"]
    await using temporary = await temporaryFolder()
    using tables = await opened(temporary.path)
    for (const name of changed) tables.experiment.insert(fieldsOf(wireOf(`type/${name}`)))
    tables.experiment.insert(fieldsOf(wireOf("float/v1/val_bpb=neg0")))
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted, refused } = await readAll(folder)
    expect(refused).toEqual([])
    expect(accepted).toHaveLength(changed.length + 1)
  })

  test("weakness 4: poison on disk is left out with a reason, and what is good comes along", async () => {
    await using temporary = await temporaryFolder()
    using tables = await opened(temporary.path)
    const poison: Record<string, string> = {
      "type/timestamp string": "bad_timestamp",
      "type/timestamp 2**62": "bad_timestamp",
      "nonfinite/v2/peak_vram=Infinity": "not_finite",
      "type/num_steps true": "bad_id",
      "type/val_bpb string": "bad_id",
      "type/description int": "bad_id",
    }
    for (const name of Object.keys(poison)) tables.experiment.insert(fieldsOf(wireOf(name)))
    const unsigned = fieldsOf(wireOf("status/discard"))
    tables.experiment.insert(unsigned.set("signature", "00".repeat(64)))
    tables.experiment.insert(fieldsOf(wireOf("lineage/v1 root")))
    tables.control.insert(controlRow("x", "challenge", "", 1n, "[".repeat(99_999)))
    tables.control.insert(controlRow("y", "gossip", "", 1n, "{}"))
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted, refused } = await readAll(folder)
    expect(accepted.map(({ id }) => id)).toEqual([openLegacy(wireOf("lineage/v1 root")).id])
    const codes = [...Object.values(poison), "bad_signature", "too_deep", "unknown_type"]
    expect(refused.map(({ code }) => code).toSorted()).toEqual(codes.toSorted())
    expect(refused.every(({ what, reason }) => what.startsWith("db/") && reason !== "")).toBe(true)
  })

  test("a task that a relay made up for a version-1 record is not taken from the database either", async () => {
    await using temporary = await temporaryFolder()
    using tables = await opened(temporary.path)
    const fields = fieldsOf(wireOf("lineage/v1 root"))
    tables.experiment.insert(fields.set("task_id", "f".repeat(64)))
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted } = await readAll(folder)
    expect(accepted).toMatchObject([{ body: { task_id: null } }])
  })

  test("thousands of rows are read in batches", async () => {
    await using temporary = await temporaryFolder()
    using tables = await opened(temporary.path)
    const root = fieldsOf(wireOf("lineage/v1 root"))
    const fields = Object.fromEntries([...root].filter(([name]) => !["id", "signature", "task_id"].includes(name)))
    const ids = Array.from({ length: 300 }, (_, i) => {
      const seed = new Uint8Array(32).fill(1)
      const { payload, signature } = signFields(seed, "legacy_experiment", { ...fields, timestamp: BigInt(i) })
      const id = createHash("sha256").update(payload).digest("hex")
      const row = new Map(root).set("id", id).set("signature", Buffer.from(signature).toString("hex"))
      tables.experiment.insert(row.set("timestamp", BigInt(i)))
      return id
    })
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted, refused } = await readAll(folder)
    expect(accepted.map(({ id }) => id)).toEqual(ids)
    expect(refused).toEqual([])
  })
})

describe("folders with faults", () => {
  test("one that is none", async () => {
    await using temporary = await temporaryFolder()
    expect(await isLegacyFolder(temporary.path)).toBe(false)
    await expect(readLegacyFolder(temporary.path)).rejects.toMatchObject({ code: "unreadable" })
    await expect(readLegacyFolder(join(temporary.path, "gone"))).rejects.toMatchObject({ code: "unreadable" })
  })

  test("damaged files are problems, never fatal", async () => {
    await using temporary = await temporaryFolder()
    await using copies = await temporaryFolder()
    await writeSettings(temporary.path, "not a key")
    await writeFile(join(temporary.path, "config.toml"), "port = = 1")
    await mkdir(join(temporary.path, "known_peer2"))
    await mkdir(join(temporary.path, "db"))
    await writeFile(
      join(temporary.path, "db/graph.sqlite"),
      "this is no database, but it is long enough to be read as one",
    )
    await symlink(fixture("graph-0.4.sqlite"), join(temporary.path, "db/task.sqlite"))
    {
      await using folder = await readLegacyFolder(temporary.path, { temporary: copies.path })
      expect(folder.seed).toBeNull()
      expect(folder.problems.map(({ what, code }) => [what, code])).toEqual([
        ["identity/private_key", "bad_key"],
        ["config.toml", "unreadable"],
        ["peer", "bad_schema"],
        ["db/task.sqlite", "unreadable"],
        ["db/graph.sqlite", "unreadable"],
      ])
      expect(await readAll(folder)).toEqual({ accepted: [], refused: [] })
    }
    expect(await readdir(copies.path)).toEqual([])
  })

  test("a database without a column of 0.6", async () => {
    await using temporary = await temporaryFolder()
    await mkdir(join(temporary.path, "db"))
    const path = join(temporary.path, "db/graph.sqlite")
    await copyFile(fixture("graph-0.4.sqlite"), path)
    const db = new DatabaseSync(path)
    db.exec("alter table experiment rename column diff to other")
    db.close()
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted, refused } = await readAll(folder)
    expect(accepted).toEqual([])
    expect(new Set(refused.map(({ reason }) => reason))).toEqual(new Set(["no field diff"]))
  })

  test("a database with a broken page is read as far as it goes", async () => {
    await using temporary = await temporaryFolder()
    await mkdir(join(temporary.path, "db"))
    const bytes = await readFile(fixture("graph-0.4.sqlite"))
    // The ninth of the table's twelve leaves; those before it hold 41 rows.
    bytes.fill(0xff, 17 * 4096, 18 * 4096)
    await writeFile(join(temporary.path, "db/graph.sqlite"), bytes)
    await using folder = await readLegacyFolder(temporary.path)
    const { accepted, refused } = await readAll(folder)
    expect(folder.total).toBe(60)
    expect(accepted).toHaveLength(41)
    expect(refused).toMatchObject([{ what: "db/graph.sqlite", code: "unreadable" }])
  })

  test("settings of the wrong type are left out one by one", async () => {
    await using temporary = await temporaryFolder()
    await writeSettings(temporary.path, SEED)
    await writeFile(join(temporary.path, "config.toml"), 'host = 5\nport = 7000\npeer = ["a:1", 3]\n')
    await using folder = await readLegacyFolder(temporary.path)
    expect(folder.config).toMatchObject({ host: null, port: 7000, dataDir: null })
    expect(folder.config.peers).toEqual(["a:1", "10.0.0.1:7471", "192.0.2.7:7470"])
    expect(folder.problems.map(({ what }) => what)).toEqual(["peer", "peer"])
  })
})

test("artifacts are found by the hash in their name, links and strangers are passed over", async () => {
  await using temporary = await temporaryFolder()
  await writeSettings(temporary.path, SEED)
  const put = async (text: string, extension = ""): Promise<string> => {
    const hash = createHash("sha256").update(text).digest("hex")
    const folder = join(temporary.path, "artifact", hash.slice(0, 2), hash.slice(2, 4))
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, hash + extension), text)
    return hash
  }
  const hashes = [await put("a"), await put("b", ".py")]
  await writeFile(join(temporary.path, "artifact/notes.txt"), "")
  await symlink("/etc/hostname", join(temporary.path, "artifact", "e".repeat(64)))
  await using folder = await readLegacyFolder(temporary.path)
  const found: LegacyArtifact[] = []
  for await (const artifact of folder.artifacts()) found.push(artifact)
  expect(found.map(({ hash }) => hash).toSorted()).toEqual(hashes.toSorted())
  expect(found.every(({ hash, path }) => path.includes(hash))).toBe(true)
})

function controlRow(...values: (PyJson | undefined)[]): PyObject {
  const names = ["event_id", "type", "node_id", "timestamp", "payload"]
  return new Map(names.map((name, i) => [name, values[i] ?? null]))
}

/** Empty tables of a 0.6 node, closed together. */
async function opened(path: string): Promise<Awaited<ReturnType<typeof oldTables>> & Disposable> {
  const tables = await oldTables(path)
  return {
    ...tables,
    [Symbol.dispose]: () => {
      for (const table of Object.values(tables)) table[Symbol.dispose]()
    },
  }
}
