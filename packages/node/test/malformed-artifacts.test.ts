import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import type { CID } from "@spore/records"
import { addFile, addFolder } from "@spore/records/artifacts"
import { createUnsandboxed, packTask, type SandboxProbe } from "@spore/runner"
import { makeExperiment, makeTask, temporaryFolder, testIdentity, until } from "@spore/testkit"
import { expect, it } from "vitest"
import { createSporeNode, type SporeNode } from "../src/index.ts"

const PACKAGE = {
  format: 1,
  name: "number",
  description: "The least number.",
  type: "optimization",
  artifact: "solution",
  candidate: { editable: ["number.txt"], entry: "number.txt", language: "text" },
  evaluator: { kind: "native", judge: "separate", check: ["node", "check.mjs"] },
  metric: { name: "number", goal: "minimize", unit: "", min: 0, max: 1000, minEffect: 0.001 },
  replay: { mode: "artifact", absTol: 0, relTol: 0, replicates: 1, maxNoise: 0, seeds: [] },
  budget: { type: "steps", value: 1, killSeconds: 60 },
  classKeys: [],
  requires: {},
  memoryMb: 256,
  network: "none",
} as const
const CHECK = `
import { readFileSync, writeFileSync } from "node:fs"
const [, artifacts, , results] = process.argv.slice(2)
writeFileSync(results + "/metrics.json", JSON.stringify({ combined_score: Number(readFileSync(artifacts + "/number.txt", "utf8")) }))
writeFileSync(results + "/correct.json", '{"correct": true}')
`
const LOOPBACK = { listen: ["/ip4/127.0.0.1/tcp/0"] }
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** Only this test's own code runs in it. */
const probe = async (): Promise<SandboxProbe> => ({ sandbox: { ...createUnsandboxed(), isolated: true }, findings: [] })

async function verdict(node: SporeNode, id: string): Promise<string> {
  return until(
    async () => {
      const row = await node.store.experiment(id)
      return row === undefined || row.verdict === "unverified" ? undefined : row.verdict
    },
    { timeoutMs: 60_000, what: "a rerun" },
  )
}

it("a claim whose code is of the wrong form is found wrong, and the next is rerun", async () => {
  await using folder = await temporaryFolder()
  const identity = testIdentity(2)
  const peer = await createSporeNode({ dataDir: join(folder.path, "peer"), identity, mode: "sync", ...LOOPBACK })
  await peer.start()
  const source = join(folder.path, "task")
  await mkdir(source)
  for (const [name, content] of [
    ["spore.task.json", JSON.stringify(PACKAGE)],
    ["check.mjs", CHECK],
    ["number.txt", "5"],
  ] as const) {
    await writeFile(join(source, name), content)
  }
  const { package: packed, bundle, baseline } = await packTask(peer.artifacts, source)
  const { metric, replay, budget } = packed
  const task = makeTask(identity, { metric, replay, budget, bundle, baseline, classKeys: [], artifact: "solution" })
  const root = makeExperiment(identity, { task, score: 5 })
  const claim = (score: number, code: CID): ReturnType<typeof makeExperiment> =>
    makeExperiment(identity, { task, parent: root, score, code })
  const malformed = claim(0.1, await addFolder(peer.artifacts, new Map([["other.txt", text("1")]])))
  const honest = claim(3, await addFile(peer.artifacts, text("3")))
  for (const record of [task, root, malformed, honest]) await peer.publish(record)

  const me = await createSporeNode({
    dataDir: join(folder.path, "me"),
    identity: testIdentity(1),
    mode: "verify",
    ...LOOPBACK,
    peers: peer.addresses(),
    probe,
  })
  await me.start()
  expect(await verdict(me, malformed.id)).toMatch(/^(suspect|challenged)$/)
  expect(await verdict(me, honest.id)).toBe("reproduced")
  await me.stop()
  await peer.stop()
})
