import { describe, expect, it } from "vitest"
import { type AnyRecord, parseLink } from "@spore/records"
import { addFile, addFolder, createMemoryArtifactStore } from "@spore/records/artifacts"
import { readLog } from "../src/log.ts"
import { createTestApi } from "./support/api.ts"

const KIB = 1024

async function logOf(log: string | Uint8Array): Promise<Awaited<ReturnType<typeof readLog>>> {
  const artifacts = createMemoryArtifactStore()
  const cid = await addFile(artifacts, typeof log === "string" ? new TextEncoder().encode(log) : log)
  return readLog(artifacts, await recordWith(cid.toString()))
}

/** An experiment's record with another log. */
async function recordWith(log: string): Promise<AnyRecord> {
  const { fixture } = await createTestApi({ experiments: 1 })
  const [experiment] = fixture.experiments
  if (experiment === undefined) throw new Error("the fixture has an experiment")
  return { ...experiment, body: { ...experiment.body, log: parseLink(log) } }
}

describe("log", () => {
  it("is what the run printed", async () => {
    const { client, fixture } = await createTestApi({ experiments: 3 })
    const id = fixture.experiments[1]?.id ?? ""
    const { log } = await client.experiment(id)
    const answer = await client.log(id)
    expect(answer).toMatchObject({ cid: log?.cid, held: true, truncated: false })
    expect(answer.text).toContain("seed 17")
    expect(answer.bytes).toBe(new TextEncoder().encode(answer.text ?? "").length)
  })

  it("is the end of a long one, cut between characters", async () => {
    // Three bytes each: 262,144 is no multiple of three.
    const text = "€".repeat(500 * KIB)
    const answer = await logOf(text)
    expect(answer).toMatchObject({ held: true, bytes: 3 * 500 * KIB, truncated: true })
    expect(answer.text).toBe("€".repeat(Math.floor((256 * KIB) / 3)))
  })

  it("is text whatever was printed", async () => {
    expect((await logOf(Uint8Array.of(0x61, 0xff, 0x00, 0x62))).text).toBe("a\u{fffd}\0b")
    expect((await logOf("\u001b[2J")).text).toBe("\u001b[2J")
    expect(await logOf("")).toMatchObject({ held: true, bytes: 0, text: "", truncated: false })
  })

  it("says what is not held here, and what names none", async () => {
    const elsewhere = createMemoryArtifactStore()
    const cid = await addFile(elsewhere, new TextEncoder().encode("far"))
    const artifacts = createMemoryArtifactStore()
    const none = { held: false, bytes: null, text: null, truncated: false }
    expect(await readLog(artifacts, await recordWith(cid.toString()))).toEqual({ ...none, cid: cid.toString() })
    expect(await readLog(artifacts, undefined)).toEqual({ ...none, cid: null })
  })

  it("refuses a folder in its place", async () => {
    const artifacts = createMemoryArtifactStore()
    const cid = await addFolder(artifacts, new Map([["a", new TextEncoder().encode("x")]]))
    const record = await recordWith(cid.toString())
    await expect(readLog(artifacts, record)).rejects.toMatchObject({ code: "artifact_bad_block" })
  })
})
