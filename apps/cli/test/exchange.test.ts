import { readdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { openLocalStore } from "@spore/node/local"
import { encodeEnvelope, isKind } from "@spore/records"
import { missingBlocks } from "@spore/records/artifacts"
import { createFsArtifactStore } from "@spore/transport"
import { describe, expect, test } from "vitest"
import { jsonObject, like } from "./support/match.ts"
import { emptyHome, type Home } from "./support/spore.ts"
import { shell } from "./support/shell.ts"
import { digestOf, storedSample } from "./support/stored.ts"

/** Runs a command to its end, which must be a good one, and reads its JSON. */
async function json(home: Home, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await home.spore(...args, "--json")
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
  return jsonObject(stdout)
}

describe("export and import", () => {
  test("NDJSON carries all facts to an empty folder, in an order in which ancestors come first", async () => {
    await using home = await emptyHome()
    const { dataDir, records } = await storedSample(home, "a")
    const file = join(home.path, "facts.ndjson")
    expect(await json(home, "export", "--out", file, "--data-dir", dataDir)).toMatchObject({
      format: "ndjson",
      facts: records.length,
      withheld: 0,
    })
    const lines = (await readFile(file, "utf8")).trimEnd().split("\n").map(jsonObject)
    const ids = lines.map(({ id }) => id)
    for (const { id, kind, body } of records) {
      const line = lines.find((one) => one["id"] === id)
      expect(line).toMatchObject({ kind, envelope: like(/^[A-Za-z0-9+/]+=*$/) })
      const ancestors = ["task" in body ? body.task : null, "parent" in body ? body.parent : null]
      const places = ancestors.flatMap((cid) => (cid === null ? [] : ids.indexOf(cid.toString())))
      for (const place of places) expect(place).toBeLessThan(ids.indexOf(id))
    }

    const to = join(home.path, "b")
    const imported = await json(home, "import", file, "--data-dir", to)
    expect(imported).toMatchObject({ format: "ndjson", known: 0, pending: 0, refused: {} })
    expect(imported["stored"]).toEqual({ task: 2, experiment: 5, verification: 1, profile: 1 })
    expect(await digestOf(to)).toBe(await digestOf(dataDir))
    expect(await json(home, "import", file, "--data-dir", to)).toMatchObject({ stored: {}, known: records.length })
  })

  test("a CAR brings the artifacts back as well, and its blocks hang on its root", async () => {
    await using home = await emptyHome()
    const { dataDir, records, held } = await storedSample(home, "a")
    const file = join(home.path, "all.car")
    expect(await json(home, "export", "--car", "--out", file, "--data-dir", dataDir)).toMatchObject({
      format: "car",
      facts: records.length,
      // One that nobody has; what test records make up as code of their own; nothing else.
      incomplete_artifacts: 3,
    })
    expect((await readdir(home.path)).filter((name) => name.includes("part"))).toEqual([])

    const to = join(home.path, "b")
    const imported = await json(home, "import", file, "--data-dir", to)
    expect(imported).toMatchObject({ format: "car", pending: 0, refused: {} })
    expect(await digestOf(to)).toBe(await digestOf(dataDir))
    const artifacts = await createFsArtifactStore(join(to, "artifacts"))
    for (const root of held) expect(await missingBlocks(artifacts, root)).toEqual([])
    expect(await json(home, "import", file, "--data-dir", to)).toMatchObject({
      stored: {},
      known: records.length,
      blocks: { stored: 0 },
    })
  })

  test("one task alone comes with its manifest and nothing of others", async () => {
    await using home = await emptyHome()
    const { dataDir, other } = await storedSample(home, "a")
    const { stdout, code } = await home.spore("export", "--task", "other", "--data-dir", dataDir)
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split("\n").map(jsonObject)
    expect(lines.map(({ kind }) => kind)).toEqual(["task", "experiment"])
    expect(lines[0]).toMatchObject({ id: other.id })
    const { code: piped, stdout: said } = await shell(
      home,
      'spore export --task other --data-dir "$1" | spore import - --data-dir "$2" --json',
      dataDir,
      join(home.path, "b"),
    )
    expect(piped).toBe(0)
    expect(jsonObject(said)).toMatchObject({ stored: { task: 1, experiment: 1 } })
  })

  test("what is withheld is left out, and what hangs on it waits where it is imported", async () => {
    await using home = await emptyHome()
    const { dataDir, better } = await storedSample(home, "a")
    await home.here("withhold", "id", better.id, "--data-dir", dataDir)
    const file = join(home.path, "facts.ndjson")
    expect(await json(home, "export", "--out", file, "--data-dir", dataDir)).toMatchObject({ withheld: 1 })
    expect(await readFile(file, "utf8")).not.toContain(better.id)
    const imported = await json(home, "import", file, "--data-dir", join(home.path, "b"))
    // Its child and its verification.
    expect(imported).toMatchObject({ pending: 2, refused: {} })
  })

  test("the order of lines does not matter", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const { stdout } = await home.spore("export", "--data-dir", dataDir)
    const file = join(home.path, "backwards.ndjson")
    await writeFile(file, stdout.trimEnd().split("\n").toReversed().join("\n"))
    const imported = await json(home, "import", file, "--data-dir", join(home.path, "b"))
    expect(imported).toMatchObject({ pending: 0, stored: { task: 2, experiment: 5, verification: 1, profile: 1 } })
  })

  test("a fact waits for an ancestor that comes with a later file", async () => {
    await using home = await emptyHome()
    const { records, task } = await storedSample(home, "a")
    const [early, late] = [join(home.path, "early"), join(home.path, "late")]
    const line = (record: (typeof records)[number]): string =>
      `${Buffer.from(encodeEnvelope(record)).toString("hex")}\n`
    const isRoot = (record: (typeof records)[number]): boolean => record.id === task.id
    await writeFile(
      early,
      records
        .filter((record) => !isRoot(record) && !isKind(record, "profile"))
        .map(line)
        .join(""),
    )
    await writeFile(late, records.filter(isRoot).map(line).join(""))
    const to = join(home.path, "b")
    expect(await json(home, "import", early, "--data-dir", to)).toMatchObject({ pending: 5 })
    expect(await json(home, "import", late, "--data-dir", to)).toMatchObject({ pending: 0, stored: { task: 1 } })
    const store = await openLocalStore(to)
    expect((await store.task(task.id))?.experiments).toBe(4)
    await store.close()
  })
})
