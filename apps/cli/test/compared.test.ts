import { openLocalStore } from "@spore/node/local"
import type { AnyRecord, SporeRecord } from "@spore/records"
import {
  makeChallenge,
  makeExperiment,
  makeTask,
  makeVerification,
  temporaryFolder,
  type TemporaryFolder,
  testIdentity,
} from "@spore/testkit"
import { afterAll, beforeAll, expect, test } from "vitest"
import { run as show } from "../src/commands/show.ts"
import { prepareFolder } from "../src/folder/data-folder.ts"
import { shortId, shortNode } from "../src/ids.ts"
import { command, type CommandOutput } from "./support/command.ts"

const [author, one, two, copier] = [testIdentity(11), testIdentity(12), testIdentity(13), testIdentity(14)]

let folder: TemporaryFolder

beforeAll(async () => {
  folder = await temporaryFolder()
  await prepareFolder(folder.path)
})

afterAll(() => folder[Symbol.asyncDispose]())

async function store(...records: readonly AnyRecord[]): Promise<void> {
  const local = await openLocalStore(folder.path)
  try {
    for (const { id, status, reason } of await local.ingest(records)) {
      if (status !== "stored") throw new Error(`${id}: ${status} ${reason}`)
    }
  } finally {
    await local.close()
  }
}

function ask({ id }: SporeRecord<"experiment">): CommandOutput {
  return command(folder.path, show, [id], {})
}

test("shows claim, band and reruns in one unit where keys are compared by their own baselines", async () => {
  const task = makeTask(author, {
    name: "timed",
    metric: { name: "ns" },
    replay: { mode: "noisy", replicates: 5, maxNoise: 10 },
    budget: { type: "wall" },
  })
  // Hosts that take 50, 60 and 70 for the baseline, each a little off from run to run.
  const at = (middle: number): number[] => [-0.2, -0.1, 0, 0.1, 0.2].map((off) => middle + off)
  const root = makeExperiment(author, { task, score: at(50) })
  const child = makeExperiment(author, { task, parent: root, score: at(40) })
  await store(
    task,
    root,
    makeVerification(one, { task, experiment: root, score: at(60) }),
    makeVerification(two, { task, experiment: root, score: at(70) }),
    child,
    makeVerification(one, { task, experiment: child, score: at(50) }),
    makeVerification(two, { task, experiment: child, score: at(60.1) }),
  )
  const text = (await ask(child).piped()).join("\n")
  expect(text).toMatch(/^claim\t40\.0000 → 50\.0000$/m)
  expect(text).toMatch(/^value\t50\.\d+ ± 0\.\d+ \(the worse of claim and reruns; 2 keys reran it\)$/m)
  expect(text).toMatch(/^compared\tafter →: as if .* had given the class's median, 60\.0000$/m)
  expect(text).toMatch(/^band\treruns of at most 5[01]\.\d+ after → agree$/m)
  expect(text).toMatch(/^rerun\t50\.0000, equal to the claim, agrees, by /m)
  expect(text).toMatch(/^rerun\t60\.1000 → 50\.1000, \d\.\d sd worse than the claim, agrees, by /m)
  expect(text).toMatch(/^why\t.* each moved from its key's own baseline to the median, 60; reproduced: /m)
  const baseline = (await ask(root).piped()).join("\n")
  expect(baseline).toMatch(/^value\t60\.0+ ± .* \(the median of all keys; 2 keys reran it\)$/m)
  expect(baseline).not.toMatch(/^band|→/m)
})

test("lists runs of the same code that count for a claim, though they are about another experiment", async () => {
  const task = makeTask(author, { name: "copied" })
  const root = makeExperiment(author, { task, score: 60 })
  const honest = makeExperiment(author, { task, parent: root, score: 50, code: "same" })
  const forged = makeExperiment(copier, { task, parent: root, score: 10, code: "same" })
  const rerun = makeVerification(one, { task, experiment: honest, score: 50 })
  const bare = makeChallenge(copier, { task, experiment: honest, evidence: [rerun] })
  await store(task, root, honest, forged, rerun, bare)
  const lines = (await ask(forged).piped()).join("\n")
  expect(lines).toMatch(/^why\t2 keys reran it .*; refuted: 0 of 2 agree\.$/m)
  expect(lines).toMatch(
    new RegExp(
      `^same code\\t50\\.0000, 40 worse than the claim, differs, by ${shortNode(one.nodeId)} ` +
        `as a rerun of ${shortId(honest.id)}, ${shortId(rerun.id)}$`,
      "m",
    ),
  )
  expect(lines).toMatch(new RegExp(`^same code\\t50\\.0000, .* as an experiment, ${shortId(honest.id)}$`, "m"))
  const copied = (await ask(honest).piped()).join("\n")
  expect(copied).toMatch(/^rerun\t50\.0000, equal to the claim, agrees, by /m)
  expect(copied).toMatch(/^same code\t10\.0000, 40 better than the claim, differs, .* as an experiment, /m)
  expect(copied).toMatch(/^challenge\tchanges nothing: /m)
  expect(await ask(forged).json()).toMatchObject({
    same_code: [{ agrees: false, no_vote: null }, { agrees: false }],
  })
})
