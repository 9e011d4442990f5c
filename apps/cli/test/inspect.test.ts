import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { createIdentity, encodeEnvelope, type SporeRecord } from "@spore/records"
import { signLegacy, toWire } from "@spore/legacy"
import { makeExperiment, makeTask, testIdentity } from "@spore/testkit"
import { describe, expect, test } from "vitest"
import { jsonObject, like } from "./support/match.ts"
import { legacyExperiment } from "./support/legacy-folder.ts"
import { emptyHome } from "./support/spore.ts"
import { shell } from "./support/shell.ts"
import { storedSample } from "./support/stored.ts"

const author = testIdentity(1)
const task: SporeRecord<"task"> = makeTask(author)
const ENVELOPE = Buffer.from(encodeEnvelope(task))
const FINE = {
  kind: "task",
  id: task.id,
  idOk: true,
  signatureOk: true,
  accepted: true,
  reason: null,
  canonicalBase64: Buffer.from(task.payload).toString("base64"),
}

function lines(stdout: string): Record<string, unknown>[] {
  return stdout.trimEnd().split("\n").map(jsonObject)
}

describe("spore inspect", () => {
  test("reads hex, base64 and lines of an export, from a file or stdin", async () => {
    await using home = await emptyHome()
    const file = join(home.path, "objects")
    const base64 = ENVELOPE.toString("base64")
    const text = `${ENVELOPE.toString("hex")}\n${base64}\r\n\n${JSON.stringify({ id: task.id, envelope: base64 })}`
    await writeFile(file, text)
    const { code, stdout, stderr } = await home.spore("inspect", file)
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(lines(stdout)).toEqual([FINE, FINE, FINE])
    expect(Object.keys(lines(stdout)[0] ?? {})).toEqual(Object.keys(FINE))
    expect(await shell(home, 'spore inspect < "$1"', file)).toEqual({ code: 0, stdout, stderr: "" })
    expect(await shell(home, 'spore inspect - < "$1"', file)).toEqual({ code: 0, stdout, stderr: "" })
  })

  test("reads one envelope in binary", async () => {
    await using home = await emptyHome()
    const file = join(home.path, "task.bin")
    await writeFile(file, ENVELOPE)
    expect(lines((await home.spore("inspect", file)).stdout)).toEqual([FINE])
    await writeFile(file, Buffer.concat([ENVELOPE, Buffer.alloc(1024 * 1024)]))
    expect(lines((await home.spore("inspect", file)).stdout)).toMatchObject([
      { accepted: false, reason: like(/^too_large: /) },
    ])
  })

  test("says of each fault what it is, and never gives up", async () => {
    await using home = await emptyHome()
    const file = join(home.path, "faults")
    const forged = Buffer.from(ENVELOPE)
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1
    const other = makeExperiment(author, { task, score: 1 })
    const wrongId = { id: other.id, envelope: ENVELOPE.toString("base64") }
    await writeFile(
      file,
      [
        forged.toString("hex"),
        JSON.stringify(wrongId),
        `${ENVELOPE.toString("hex")}00`,
        "8200",
        "{]",
        "{}",
        "\u0007\u001b[31m",
        "f".repeat(3 * 1024 * 1024),
        `[${"[".repeat(100_000)}`,
        ENVELOPE.toString("hex"),
      ].join("\n"),
    )
    const { code, stdout } = await home.spore("inspect", file)
    expect(code).toBe(0)
    const unreadable = { kind: null, id: null, idOk: false, signatureOk: false, accepted: false, canonicalBase64: null }
    expect(lines(stdout)).toMatchObject([
      { id: task.id, idOk: true, signatureOk: false, accepted: false, reason: like(/^bad_signature: /) },
      { id: task.id, idOk: false, signatureOk: true, accepted: false, reason: like(/^bad_id: /) },
      { ...unreadable, reason: like(/^bad_encoding: /) },
      { ...unreadable, reason: like(/^bad_e\w+: /) },
      { ...unreadable, reason: like(/^bad_encoding: /) },
      { ...unreadable, reason: like(/^bad_encoding: /) },
      { ...unreadable, reason: like(/^bad_encoding: /) },
      { ...unreadable, reason: like(/^too_large: /) },
      { ...unreadable, reason: like(/^bad_encoding: /) },
      FINE,
    ])
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  test("takes the id of a stored object, and says where there is none", async () => {
    await using home = await emptyHome()
    const sample = await storedSample(home, "a")
    const { stdout } = await home.spore("inspect", sample.better.id.slice(7, 19), "--data-dir", sample.dataDir)
    expect(lines(stdout)).toMatchObject([{ kind: "experiment", id: sample.better.id, accepted: true }])
    expect(await home.spore("inspect", "zzzzzzzz", "--data-dir", sample.dataDir)).toMatchObject({ code: 3 })
  })

  test("takes what export writes", async () => {
    await using home = await emptyHome()
    const { dataDir, records } = await storedSample(home, "a")
    const { stdout } = await shell(home, 'spore export --data-dir "$1" | spore inspect', dataDir)
    expect(lines(stdout).map(({ id, accepted }) => [id, accepted])).toEqual(records.map(({ id }) => [id, true]))
  })
})

describe("spore legacy inspect", () => {
  test("says of each line what is right and wrong", async () => {
    await using home = await emptyHome()
    const object = signLegacy(createIdentity().exportSeed(), "legacy_experiment", legacyExperiment({}))
    const wire = toWire(object)
    const file = join(home.path, "wire")
    const label = (payload: string): string => `{"type": "experiment", "payload": ${payload}}`
    await writeFile(file, [wire, label(wire), wire.replace('"depth":0', '"depth":1'), "nonsense", "NaN"].join("\n"))
    const { code, stdout } = await home.spore("legacy", "inspect", file)
    expect(code).toBe(0)
    const fine = {
      kind: "legacy_experiment",
      id: object.id,
      idOk: true,
      signatureOk: true,
      accepted: true,
      reason: null,
    }
    expect(lines(stdout)).toMatchObject([
      { ...fine, canonicalBase64: Buffer.from(object.payload).toString("base64") },
      fine,
      { idOk: false, signatureOk: false, accepted: false, reason: like(/^bad_id: /) },
      { kind: null, accepted: false, reason: like(/^bad_json: /) },
      { kind: null, accepted: false },
    ])
    expect(await shell(home, 'spore legacy inspect - < "$1"', file)).toMatchObject({ code: 0, stdout })
    expect(await readFile(file, "utf8")).toContain(wire)
  })
})
