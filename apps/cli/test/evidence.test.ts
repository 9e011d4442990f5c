import { temporaryFolder, type TemporaryFolder } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { run as disputes } from "../src/commands/disputes.ts"
import { run as frontier } from "../src/commands/frontier.ts"
import { run as search } from "../src/commands/search.ts"
import { run as show } from "../src/commands/show.ts"
import { run as status } from "../src/commands/status.ts"
import { run as tasks } from "../src/commands/task-list.ts"
import { run as verifications } from "../src/commands/verifications.ts"
import type { CommandModule } from "../src/context.ts"
import { prepareFolder } from "../src/folder/data-folder.ts"
import { shortId, shortNode } from "../src/ids.ts"
import { textWidth } from "../src/output/text-width.ts"
import { command, type CommandOutput } from "./support/command.ts"
import { crowdedSample } from "./support/crowded-sample.ts"
import { anyNumber, like } from "./support/match.ts"
import { KEYS, type NoisySample, noisySample } from "./support/noisy-sample.ts"

const pageSchema = z.object({
  items: z.array(z.looseObject({ id: z.string().optional() })),
  next_cursor: z.string().nullable(),
})

let folder: TemporaryFolder
let sample: NoisySample

beforeAll(async () => {
  folder = await temporaryFolder()
  await prepareFolder(folder.path)
  sample = await noisySample(folder.path)
}, 60_000)

afterAll(() => folder[Symbol.asyncDispose]())

function ask(run: CommandModule["run"], args: readonly string[] = [], options: object = {}): CommandOutput {
  return command(folder.path, run, args, options)
}

/** All items of a list, page by page. */
async function allPages(run: CommandModule["run"], limit: number): Promise<z.infer<typeof pageSchema>["items"]> {
  const items: z.infer<typeof pageSchema>["items"] = []
  let cursor: string | null | undefined
  do {
    const options = { limit, ...(cursor === undefined ? {} : { cursor }) }
    const page = pageSchema.parse(await ask(run, [], options).json())
    items.push(...page.items)
    cursor = page.next_cursor
  } while (cursor !== null)
  return items
}

describe("frontier", () => {
  test("shows value and error, verdict, and who is tied; what is not promoted stands apart", async () => {
    const lines = await ask(frontier, [], { task: "noisy" }).onTerminal(80)
    const text = lines.join("\n")
    expect(text).toMatch(/Frontier: promoted by reruns, and the baseline\n.*RANK +ID +VALUE +GAIN +STATE/)
    expect(text).toMatch(/^ +=1 +\S{8} +2\.880\d+ ± 0\.000\d+ +\+6\.5\d % +reproduced 3\/3 +longer/m)
    expect(text).toMatch(/^ +=1 +\S{8} +2\.880\d+ ± 0\.000\d+ +\+6\.5\d % +reproduced 3\/3 +warmer/m)
    expect(text).toMatch(/^ +3 +\S{8} +3\.08\d+ ± 0\.000\d+ +±0 % +reproduced 3\/3 +baseline/m)
    expect(text).toMatch(/Candidates: not promoted yet\n.*\n +\S{8} +2\.8500 +\+7\.\d\d % +unverified +deeper/)
    expect(text).not.toMatch(/verified by|confirmed|claimed only/)
    expect(lines.filter((line) => textWidth(line) > 80)).toEqual([])
  })

  test("gives programs ranks, errors and votes as columns and fields", async () => {
    const [heading = "", ...rows] = await ask(frontier, [], { task: "noisy" }).piped()
    const names = heading.split("\t")
    const cells = rows.map((row) => new Map(row.split("\t").map((cell, i) => [names[i] ?? "", cell])))
    const columns = (...wanted: string[]): (string | undefined)[][] =>
      cells.map((row) => wanted.map((name) => row.get(name)))
    expect(columns("rank", "title", "promoted")).toEqual([
      ["=1", "longer", "true"],
      ["=1", "warmer", "true"],
      ["3", "baseline", "false"],
      ["", "deeper", "false"],
    ])
    expect(columns("state", "reproduced_by", "voters")[0]).toEqual(["reproduced", "3", "3"])
    expect(Number(cells[0]?.get("error"))).toBeGreaterThan(0)
    expect(await ask(frontier, [], { task: "noisy" }).json()).toMatchObject({
      classes: [{ frontier: [{ tied: true, promoted: true }, { tied: true }, { tied: false, error: anyNumber() }] }],
    })
  })

  test("--anchored is this node's own view, says so, and where no anchor reran anything what to do", async () => {
    const text = (await ask(frontier, [], { task: "noisy", anchored: true }).onTerminal(200)).join("\n")
    expect(text).toMatch(/^This node's own view, anchored\/1, not the shared state: reruns by this node count/)
    expect(text).toMatch(/None of these keys has rerun anything [^]*--trust\sNODE/)
    expect(text).toMatch(/Where it differs from the shared state\n/)
    const magic = text.split("\n").find((line) => line.includes("refuted 0/2, discard"))
    expect(magic).toMatch(/unverified, candidate +2\.5000 +magic/)
    // The shared state knows nothing of it.
    const shared = (await ask(frontier, [], { task: "noisy" }).onTerminal(200)).join("\n")
    expect(shared).not.toMatch(/own view|magic/)
  })

  test("--trust names anchors, by the beginning of a node's id too", async () => {
    const trust = KEYS.verifiers.map(({ nodeId }, i) => (i === 0 ? shortNode(nodeId) : nodeId))
    const view = await ask(frontier, [], { task: "noisy", anchored: true, trust }).json()
    expect(view).toMatchObject({ local_view: { policy: "anchored/1", anchors_reran: true } })
    const { anchors } = z.object({ anchors: z.array(z.string()) }).parse(view["local_view"])
    expect(anchors.slice(1)).toEqual(KEYS.verifiers.map(({ nodeId }) => nodeId))
    expect(view).toMatchObject({
      classes: [{ frontier: [{ title: "longer" }, { title: "warmer" }, { parent: null }] }],
    })
    const text = (await ask(frontier, [], { task: "noisy", anchored: true, trust }).onTerminal(200)).join("\n")
    expect(text).toContain(
      `this node, ${KEYS.verifiers
        .slice(0, 2)
        .map(({ nodeId }) => shortNode(nodeId))
        .join(", ")} and`,
    )
    await expect(ask(frontier, [], { task: "noisy", trust }).json()).rejects.toMatchObject({ code: "bad_usage" })
    await expect(ask(frontier, [], { anchored: true, trust: ["nobody"] }).json()).rejects.toMatchObject({
      code: "not_found",
    })
  })
})

describe("show", () => {
  test("explains an experiment: value, noise, band, each rerun against the claim, and what counts", async () => {
    const text = (await ask(show, [sample.better.id]).piped()).join("\n")
    expect(text).toMatch(/^outcome\tok, keep, promoted by reruns, then surpassed$/m)
    expect(text).toMatch(/^value\t2\.92\d+ ± 0\.000\d+ \(the worse of claim and reruns; 3 keys reran it\)$/m)
    expect(text).toMatch(/^noise\tsd 0\.00\d+ of one key's result, \d+ degrees of freedom$/m)
    expect(text).toMatch(/^band\treruns of at most 2\.92\d+ agree$/m)
    expect(text).toMatch(/^state\treproduced 3\/3$/m)
    expect(text).toMatch(/^why\t3 keys reran it on x64: /m)
    expect(text).toMatch(/^rerun\t2\.9212, \d\.\d sd worse than the claim, agrees, by /m)
    expect(text).toMatch(/^rerun\t2\.9190, \d\.\d sd better than the claim, agrees, by /m)
    expect(text).toMatch(/^rerun\t2\.9201, .* no vote: the author's own, by /m)
    expect(text).toMatch(/^rerun\t2\.9500, no vote: other class, by /m)
    expect(text).toMatch(/^challenge\tchanges nothing: its evidence alone does not speak against the claim; /m)
  })

  test("gives the same as JSON", async () => {
    expect(await ask(show, [sample.fabricated.id]).json()).toMatchObject({
      verdict: "refuted",
      reproduced_by: 0,
      voters: 2,
      error: anyNumber(),
      noise: { sd: anyNumber(), df: anyNumber() },
      band: { low: null, high: anyNumber() },
      verifications: [
        { value: 2.93, agrees: false, no_vote: null, residual: { gain: anyNumber(), sds: anyNumber() } },
        { kind: "challenge_response", agrees: false },
      ],
      disputes: [
        { kind: "challenge", acts: true },
        { kind: "dispute", outcome: "rejected" },
      ],
    })
  })

  test("explains reruns, challenges and disputes with the claim they are about", async () => {
    const shown = async (id: string): Promise<string> => (await ask(show, [shortId(id)]).piped()).join("\n")
    const rerun = await shown(sample.own.id)
    expect(rerun).toMatch(/^state\treproduced 3\/3$/m)
    expect(rerun).toMatch(/^a vote\tno: own$/m)
    const answer = await shown(sample.answer.id)
    expect(answer).toMatch(/^response\t.*\n(.*\n)*result\t2\.9250, .* sd worse than the claim, differs$/m)
    const challenge = await shown(sample.challenge.id)
    expect(challenge).toMatch(/^state\trefuted 0\/2$/m)
    expect(challenge).toMatch(/^evidence\t\S{8} \(2\.9300, .* differs\)$/m)
    expect(challenge).toMatch(/^acts\tyes$/m)
    expect(await shown(sample.bare.id)).toMatch(/^acts\tno: its evidence alone/m)
    const dispute = await shown(sample.dispute.id)
    expect(dispute).toMatch(/^remark\trejected: its author's word, which decides nothing$/m)
    expect(dispute).toMatch(/^state\trefuted 0\/2$/m)
  })
})

describe("verifications", () => {
  test("tell who reran what, with rerun, claim, vote or why none, and state", async () => {
    const list = ask(verifications, [sample.better.id.slice(0, 20)])
    const lines = await list.onTerminal(100)
    const text = lines.join("\n")
    expect(text).toMatch(/ 2\.9212 +2\.9200 +yes +reproduced 3\/3$/m)
    expect(text).toMatch(/ 2\.9201 +2\.9200 +own +reproduced 3\/3$/m)
    expect(text).toMatch(/ 2\.9500 +2\.9200 +other class +reproduced 3\/3$/m)
    expect(lines).toHaveLength(6)
    for (const columns of [80, 100, 130]) {
      expect((await list.onTerminal(columns)).filter((line) => textWidth(line) > columns)).toEqual([])
    }
  })

  test("are narrowed by task and node", async () => {
    const [, second] = KEYS.verifiers
    const node = second?.nodeId ?? ""
    const { items } = pageSchema.parse(await ask(verifications, [], { node: shortNode(node), task: "noisy" }).json())
    expect(items.map((item) => item["node"])).toEqual(Array.from({ length: 5 }, () => node))
    await expect(ask(verifications, [], { task: "nothing" }).json()).rejects.toMatchObject({ code: "not_found" })
  })

  test("come page by page, each once, newest first", async () => {
    const paged = await allPages(verifications, 4)
    const { items } = pageSchema.parse(await ask(verifications, [], { limit: 500 }).json())
    expect(items).toHaveLength(17)
    expect(paged).toEqual(items)
    await expect(ask(verifications, [], { cursor: "no cursor" }).json()).rejects.toMatchObject({ code: "bad_cursor" })
  })

  test("of something that is no experiment are refused", async () => {
    await expect(ask(verifications, [sample.own.id]).piped()).rejects.toMatchObject({ code: "bad_usage" })
  })
})

describe("disputes", () => {
  test("tell what was challenged, on what, what was answered, and what the shared rule says", async () => {
    const text = (await ask(disputes, [sample.fabricated.id]).onTerminal(200)).join("\n")
    expect(text).toMatch(/^\S{8} magic · noisy · x64$/m)
    expect(text).toMatch(/^state +refuted 0\/2$/m)
    expect(text).toMatch(/^answer +2\.9250, .* sd worse than the claim, differs, by /m)
    expect(text).toMatch(/^challenge +acts; evidence \S{8} \(2\.9300, .*\), by /m)
    expect(text).toMatch(/^remark +says rejected, by .*; only a remark: the shared rule says refuted 0\/2$/m)
  })

  test("list each claim once, by its newest challenge or dispute, over all pages", async () => {
    const titles = async (limit: number): Promise<unknown[]> =>
      (await allPages(disputes, limit)).map(
        (item) => z.looseObject({ title: z.string() }).parse(item["experiment"]).title,
      )
    const all = await titles(50)
    expect(all).toEqual([like("lunch"), "magic", "wider"])
    for (const limit of [1, 2]) expect(await titles(limit)).toEqual(all)
  })

  test("are rows for programs", async () => {
    const rows = await ask(disputes).piped()
    expect(rows).toHaveLength(5)
    expect(rows.find((row) => row.includes("\tdispute\t"))).toMatch(/\trejected\t/)
  })
})

test("lists of tasks say what is promoted, and the state of the best", async () => {
  for (const columns of [80, 120]) {
    const lines = await ask(tasks).onTerminal(columns)
    expect(lines[0]).toMatch(/PROMOTED +STATE$/)
    expect(lines.find((line) => line.startsWith("noisy"))).toMatch(/\+6\.5\d % +yes +reproduced 3\/3$/)
    expect(lines.filter((line) => textWidth(line) > columns)).toEqual([])
  }
  expect((await ask(tasks).onTerminal(120)).join("\n")).toMatch(/2\.8804 +± 0\.000\d+/)
})

test("the digest names its policy", async () => {
  expect(await ask(status, [], { digest: true }).json()).toMatchObject({ digest: like(/^\w{64}$/), policy: "open/1" })
  expect(await ask(status, [], { digest: true }).onTerminal(80)).toContainEqual(like(/^digest +open\/1 \w{64}$/))
})

test("of many challenges and reruns the latest are told, and the one asked about", async () => {
  await using crowded = await temporaryFolder()
  await prepareFolder(crowded.path)
  const made = await crowdedSample(crowded.path, 130)
  const shown = async (id: string): Promise<string> => (await command(crowded.path, show, [id]).piped()).join("\n")
  const text = await shown(made.experiment.id)
  expect(text.match(/^rerun\t/gm)).toHaveLength(100)
  expect(text.match(/^challenge\t/gm)).toHaveLength(100)
  expect(text).toMatch(/^earlier\t60 more are left out: spore verifications /m)
  expect(await shown(made.oldestChallenge.id)).toMatch(/^acts\t/m)
}, 60_000)

test("hostile titles stay inert in all of it", async () => {
  const asked = [
    ask(frontier, [], { task: "noisy", anchored: true }),
    ask(verifications),
    ask(disputes),
    ask(show, [sample.contested.id]),
    ask(search, ["lunch"]),
  ]
  for (const one of asked) {
    for (const lines of [await one.onTerminal(130), await one.piped()]) {
      expect(lines.join("")).toContain("free")
      for (const line of lines) expect(line.replaceAll("\t", "")).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u200b]/u)
    }
  }
})
