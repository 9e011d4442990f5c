import { openLocalStore } from "@spore/node/local"
import { describe, expect, test } from "vitest"
import { z } from "zod"
import { jsonObject, like } from "./support/match.ts"
import { emptyHome } from "./support/spore.ts"
import { shell } from "./support/shell.ts"
import { digestOf, storedSample } from "./support/stored.ts"

const itemsSchema = z.object({ items: z.array(z.looseObject({ id: z.string() })) })

describe("spore withhold", () => {
  test("takes a fact out of sight until it is carried again and comes back", async () => {
    await using home = await emptyHome()
    const { dataDir, better } = await storedSample(home, "a")
    const at = ["--data-dir", dataDir]
    const whole = (await home.spore("export", ...at)).stdout
    const sound = await digestOf(dataDir)
    const short = better.id.slice(7, 15)
    const said = await home.here("withhold", "id", short, "--reason", "spam\u001b[2J", ...at)
    expect(said).toEqual({ code: 0, stderr: "", stdout: `withheld id ${better.id}\n` })
    expect(await home.here("inspect", short, ...at)).toMatchObject({ code: 3, stderr: like("is withheld here") })
    const list = await home.here("withhold", "list", ...at)
    expect(list.stdout).toMatch(new RegExp(`^id\t${better.id}\t\\d+\tspam$`, "m"))
    const facts = await home.here("withhold", "list", "--facts", "--json", ...at)
    expect(itemsSchema.parse(JSON.parse(facts.stdout)).items.map(({ id }) => id)).toEqual([better.id])

    expect(await home.here("unwithhold", "id", short, ...at)).toMatchObject({ code: 0 })
    expect(await home.here("unwithhold", "id", short, ...at)).toMatchObject({ code: 3, stderr: like(/withhold list/) })
    const back = await shell(home, 'printf "%s" "$1" | spore import - --data-dir "$2"', whole, dataDir)
    expect(back).toMatchObject({ code: 0, stdout: like(/^stored\t1\t1 experiment$/m) })
    expect(await digestOf(dataDir)).toBe(sound)
  })

  test("takes a task by name and an author by either form of its id", async () => {
    await using home = await emptyHome()
    const { dataDir, other, author } = await storedSample(home, "a")
    const at = ["--data-dir", dataDir]
    expect(await home.here("withhold", "task", "other", ...at)).toMatchObject({ stdout: like(other.id) })
    expect(await home.here("tasks", ...at)).toMatchObject({
      stdout: expect.not.stringMatching(/^other\t/m) as unknown,
    })
    expect(await home.here("unwithhold", "task", other.id.slice(0, 20), ...at)).toMatchObject({ code: 0 })
    const hex = Buffer.from(other.body.author).toString("hex")
    const blocked = await home.here("withhold", "author", hex, "--json", ...at)
    expect(jsonObject(blocked.stdout)).toEqual({ scope: "author", value: author, reason: "", blocked: true })
    const store = await openLocalStore(dataDir)
    expect((await store.experiments({ author })).items.filter(({ status }) => status !== "withheld")).toEqual([])
    await store.close()
  })

  test("keeps a withheld artifact out of a CAR", async () => {
    await using home = await emptyHome()
    const { dataDir, better } = await storedSample(home, "a")
    const at = ["--data-dir", dataDir]
    const blocks = async (): Promise<unknown> => {
      const { stdout } = await home.spore("export", "--car", "--out", `${home.path}/all.car`, "--json", ...at)
      return jsonObject(stdout)["blocks"]
    }
    const all = Number(await blocks())
    const said = await home.here("withhold", "artifact", better.body.code.toString(), ...at)
    expect(said).toMatchObject({ code: 0, stderr: like("stay on disk") })
    expect(await blocks()).toBe(all - 1)
  })

  test.each([
    ["id", "nothing here!", 2],
    ["id", "zzzzzzzzzz", 3],
    ["author", "12D3KooWnobody", 2],
    ["artifact", "bafybad", 2],
    ["all", "x", 2],
  ])("withhold %s %s is refused", async (what, value, code) => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    const ended = await home.here("withhold", what, value, "--data-dir", dataDir)
    expect(ended).toMatchObject({ code, stdout: "", stderr: like(/^error: .*\nnext: .*\n$/) })
  })
})

describe("spore search", () => {
  test("finds experiments, tasks and profiles by their words", async () => {
    await using home = await emptyHome()
    const { dataDir, better, task, author } = await storedSample(home, "a")
    const search = (...words: string[]): ReturnType<typeof home.spore> =>
      home.here("search", ...words, "--data-dir", dataDir)
    expect((await search("more", "uni")).stdout).toMatch(
      new RegExp(`^experiment\t${better.id}\t40\t\\w+\tmore units\t`, "m"),
    )
    expect((await search("mushrooms")).stdout).toMatch(new RegExp(`^task\t${task.id}\t`, "m"))
    expect((await search("ada")).stdout).toMatch(new RegExp(`^profile\t${author}\t`, "m"))
    expect((await search("more", "mushrooms")).stdout.trimEnd().split("\n")).toHaveLength(1)
    const found = jsonObject((await search("units", "--task", "sample", "--limit", "2", "--json")).stdout)
    expect(found).toMatchObject({ items: [{ kind: "experiment" }, { kind: "experiment" }], next_cursor: like(/./) })
    expect(await search("units", "--task", "other")).toMatchObject({ code: 0, stdout: like(/^kind\t[^\n]*\n$/) })
  })

  test("without a word is refused", async () => {
    await using home = await emptyHome()
    const { dataDir } = await storedSample(home, "a")
    expect(await home.here("search", "--data-dir", dataDir)).toMatchObject({ code: 2 })
    expect(await home.here("search", "…", "--data-dir", dataDir)).toMatchObject({
      code: 1,
      stderr: like(/next: give/),
    })
  })
})
