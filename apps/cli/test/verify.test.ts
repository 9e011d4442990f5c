import { join } from "node:path"
import { until } from "@spore/testkit"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { z } from "zod"
import { jsonObject, like } from "./support/match.ts"
import { taskIn } from "./support/network-task.ts"
import { runNode } from "./support/node.ts"
import { sandboxed } from "./support/sandboxed.ts"
import { emptyHome, type Home } from "./support/spore.ts"

const rerunSchema = z.object({
  rerun: z.looseObject({ id: z.string(), node: z.string(), no_vote: z.string().nullable() }),
  experiment: z.looseObject({ verdict: z.string(), voters: z.number() }),
})

let home: Home
let claim: { task: string; baseline: string }

/** The data folder `author` with a few experiments. */
async function claimed(): Promise<typeof claim> {
  const task = await taskIn(home, "author")
  await using author = await runNode(home, "author", "--solo", "--task", task, "--no-verify")
  const [baseline] = await until(
    async () => {
      const { items } = await author.client.experiments({ task, sort: "oldest" })
      return items.length >= 2 ? items : undefined
    },
    { timeoutMs: 60_000, what: "experiments" },
  )
  await author.stop()
  return { task, baseline: baseline?.id ?? "" }
}

/** The option for another data folder, which has the author's facts and no code. */
async function folderWithFacts(name: string): Promise<string[]> {
  const folder = ["--data-dir", join(home.path, name)]
  const file = join(home.path, `${name}.ndjson`)
  await home.here("init", ...folder)
  await home.here("export", "--task", claim.task, "--out", file, "--data-dir", join(home.path, "author"))
  expect(await home.here("import", file, ...folder)).toMatchObject({ code: 0 })
  return folder
}

describe.skipIf(!sandboxed)("spore verify", { timeout: 240_000 }, () => {
  beforeAll(async () => {
    home = await emptyHome()
    claim = await claimed()
  }, 120_000)

  afterAll(() => home[Symbol.asyncDispose]())

  test("without a node reruns by one of its own, which fetches the code, publishes and ends", async () => {
    const { baseline } = claim
    const folder = await folderWithFacts("verifier")
    const alone = await home.spore("verify", baseline.slice(0, 20), "--solo", ...folder)
    expect(alone).toMatchObject({ code: 1, stdout: "", stderr: like(/^error: .*\nnext: /) })

    await using carrier = await runNode(home, "author", "--solo", "--no-train")
    const { code, stdout, stderr } = await home.spore(
      "verify",
      baseline.slice(7, 17),
      "--peer",
      carrier.address,
      ...folder,
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/^this rerun\t35\.0000, equal to the claim, agrees$/m)
    expect(stdout).toMatch(/^band\treruns of 35 ± \S+ agree$/m)
    expect(stdout).toMatch(/^state\treproduced 1\/1$/m)
    const [, published = ""] = /^published\t(\S+)$/m.exec(stdout) ?? []
    await until(async () => (await carrier.client.verifications(baseline)).items.some(({ id }) => id === published), {
      timeoutMs: 30_000,
      what: "the rerun to reach the peer",
    })
    // The folder is free again, and what was fetched stays.
    const again = await home.spore("verify", baseline, "--solo", "--json", ...folder)
    expect(again).toMatchObject({ code: 0, stderr: "" })
    expect(rerunSchema.parse(jsonObject(again.stdout))).toMatchObject({
      rerun: { no_vote: null },
      experiment: { verdict: "reproduced", voters: 1 },
    })
  })

  test("has the node that runs do it; the author's own is no vote", async () => {
    const { baseline } = claim
    await using author = await runNode(home, "author", "--solo", "--verify-only")
    const folder = ["--data-dir", join(home.path, "author")]
    const { code, stdout } = await home.spore("verify", baseline, "--json", ...folder)
    expect(code).toBe(0)
    const { rerun, experiment } = rerunSchema.parse(jsonObject(stdout))
    expect(rerun.no_vote).toBe("own")
    // What the test before made is the one vote.
    expect(experiment).toMatchObject({ voters: 1 })
    expect((await author.client.verifications(baseline)).items.map(({ id }) => id)).toContain(rerun.id)
    expect((await home.spore("status", ...folder)).stdout).toMatch(/^reruns\t\d+ due/m)
  })

  test("of what is no experiment is refused, and Ctrl-C gives it up and leaves the folder free", async () => {
    const { task, baseline } = claim
    const folder = await folderWithFacts("waiter")
    expect(await home.spore("verify", task, ...folder)).toMatchObject({ code: 2, stderr: like("is no experiment") })
    expect(await home.spore("verify", "zzzzzzzz", ...folder)).toMatchObject({ code: 3 })
    // Nobody answers there, so it waits for the code.
    const waiting = home.start("verify", baseline, "--peer", "/ip4/127.0.0.1/tcp/1", ...folder)
    await until(
      async () => (await home.spore("status", "--json", ...folder)).stdout.includes(`"pid":${waiting.child.pid}`),
      {
        timeoutMs: 30_000,
        what: "its node to start",
      },
    )
    waiting.child.kill("SIGINT")
    expect(await waiting.ended).toMatchObject({ code: 130, stdout: "", stderr: like(/^error: .*given up\nnext: /) })
    expect(jsonObject((await home.spore("status", "--json", ...folder)).stdout)).toMatchObject({ running: null })
  })
})
