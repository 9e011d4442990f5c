import { readFileSync } from "node:fs"
import { createApi, type ApiInit } from "@spore/api"
import { createSporeClient, type ExperimentDetail, type Proof } from "@spore/api/client"
import { buildFixture } from "@spore/fixture"
import { legacyExperimentRow, parseLegacy } from "@spore/legacy/proof"
import { createIdentity, encodeCanonical, signRecord } from "@spore/records"
import { beforeAll, describe, expect, it } from "vitest"
import { z } from "zod"
import { checkProof } from "../src/pages/experiment/check-proof.ts"

const quiet: ApiInit["log"] = { debug() {}, info() {}, warn() {}, error() {} }
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
const bytesOf = (text: string, encoding: "base64" | "hex" = "base64"): Uint8Array =>
  new Uint8Array(Buffer.from(text, encoding))

describe("proof", () => {
  let experiment: ExperimentDetail
  let proof: Proof
  let other: Proof

  beforeAll(async () => {
    const fixture = await buildFixture({ experiments: 6 })
    const app = createApi({ node: fixture.node, version: "0", log: quiet, explorerDir: "/nowhere" })
    const client = createSporeClient("http://localhost", {
      fetch: async (url) => app.request(new Request(url), { headers: { host: "localhost" } }),
    })
    const [id = "", otherId = ""] = fixture.experiments.slice(-2).map((record) => record.id)
    experiment = await client.experiment(id)
    proof = await client.proof(id)
    other = await client.proof(otherId)
  })

  /** The names of what does not hold. */
  async function wrong(shown: ExperimentDetail, signed: Proof, asked = shown.id): Promise<string[]> {
    const checks = await checkProof(asked, shown, signed)
    return checks.filter(({ isOk }) => !isOk).map(({ name }) => name)
  }

  it("holds for what a node answers of what it has", async () => {
    const checks = await checkProof(experiment.id, experiment, proof)
    expect(checks.map(({ name, isOk }) => [name, isOk])).toEqual(
      ["Id", "Signature", "Author", "Task", "Parent", "Code", "Score", "Words"].map((name) => [name, true]),
    )
    expect(await wrong(experiment, proof, experiment.id.slice(0, 20))).toEqual([])
  })

  it("catches the proof of another record, and another record altogether", async () => {
    expect(await wrong(experiment, other)).toContain("Id")
    expect(await wrong({ ...experiment, id: other.id }, other, experiment.id)).toContain("Id")
  })

  it("catches a changed byte of payload or signature", async () => {
    const payload = bytesOf(proof.payload)
    const at = payload.indexOf(0x6c, 40)
    payload[at] = 0x6d
    expect(await wrong(experiment, { ...proof, payload: base64(payload) })).not.toEqual([])
    const signature = bytesOf(proof.signature)
    signature[7] = (signature[7] ?? 0) ^ 1
    expect(await wrong(experiment, { ...proof, signature: base64(signature) })).toEqual(["Signature"])
    expect(await wrong(experiment, { ...proof, payload: "no base64!" })).toEqual(["Bytes"])
    expect(await wrong(experiment, { ...proof, payload: base64(encodeCanonical({ kind: "x", v: 1 })) })).toEqual([
      "Bytes",
    ])
  })

  it("catches another author, and a record of another kind", async () => {
    expect(await wrong({ ...experiment, node: createIdentity().nodeId }, proof)).toEqual(["Author"])
    const profile = signRecord(createIdentity(), "profile", {
      created: 1,
      display_name: "",
      bio: "",
      website: "",
      avatar_url: "",
      donation_address: "",
    })
    const signed = { payload: base64(profile.payload), signature: base64(profile.signature) }
    expect(await wrong(experiment, { ...proof, ...signed })).toEqual(["Bytes"])
  })

  it("catches a title, score, parent or task that is shown otherwise than signed", async () => {
    expect(await wrong({ ...experiment, title: "better than it is" }, proof)).toEqual(["Words"])
    expect(await wrong({ ...experiment, claim: (experiment.claim ?? 0) - 0.1 }, proof)).toEqual(["Score"])
    expect(await wrong({ ...experiment, parent: null }, proof)).toEqual(["Parent"])
    expect(await wrong({ ...experiment, task: other.id }, proof)).toEqual(["Task"])
    expect(await wrong({ ...experiment, code: "bafy" }, proof)).toEqual(["Code"])
  })

  it("checks objects of the 0.6 network by their own rules", async () => {
    const file = new URL("../../../packages/legacy/test/fixtures/objects.json", import.meta.url)
    const schema = z.object({
      records: z.array(z.object({ canonical_b64: z.string(), id: z.string(), signature: z.string() })),
    })
    const [vector] = schema.parse(JSON.parse(readFileSync(file, "utf8"))).records
    if (vector === undefined) throw new Error("no vector")
    const signature = base64(bytesOf(vector.signature, "hex"))
    const legacy = { ...proof, kind: "legacy_experiment", payload: vector.canonical_b64, signature }
    const object = parseLegacy("legacy_experiment", bytesOf(legacy.payload), new Uint8Array(64))
    if (object.kind !== "legacy_experiment") throw new Error("not an experiment")
    const { author, body, created } = object
    const task = body.task_id ?? object.id
    const { parent, code, scores, title, agent } = legacyExperimentRow(object, task)
    const claim = scores[0] ?? null
    const said = { task, parent, code, claim, title, hypothesis: body.hypothesis, agent, created }
    const shown: ExperimentDetail = { ...experiment, ...said, network: "sporemesh-0.6", id: vector.id, node: author }
    expect(await wrong(shown, legacy)).toEqual([])
    expect(await wrong({ ...shown, id: "ab".repeat(32) }, legacy)).toEqual(["Id"])
    expect(await wrong({ ...shown, claim: 0.1, title: "other" }, legacy)).toEqual(["Score", "Words"])
    expect(await wrong(shown, { ...legacy, signature: base64(new Uint8Array(64)) })).toEqual(["Signature"])
  })
})
