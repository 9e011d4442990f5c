import { setImmediate } from "node:timers/promises"
import { CID } from "@spore/records"
import { addFile, addFolder, createMemoryArtifactStore } from "@spore/records/artifacts"
import { candidateFiles, parseTaskPackage } from "@spore/runner"
import { describe, expect, it } from "vitest"
import { createParentCode, type ParentCode } from "../../src/research/parent-code.ts"
import { PACKAGE } from "../verification/support.ts"

const taskPackage = parseTaskPackage(JSON.stringify(PACKAGE))
const content = new TextEncoder().encode("console.log(1)")
const MINUTE = 60_000

interface Scene {
  readonly code: ParentCode
  readonly artifacts: ReturnType<typeof createMemoryArtifactStore>
  readonly asked: string[]
  readonly at: { now: number }
  filesOf(code: CID, mayWait?: boolean, signal?: AbortSignal): ReturnType<ParentCode["filesOf"]>
}

function scene(fetch: (root: CID, signal: AbortSignal) => Promise<void>, patienceMs = 60_000): Scene {
  const artifacts = createMemoryArtifactStore()
  const asked: string[] = []
  const at = { now: 0 }
  const code = createParentCode({
    now: () => at.now,
    fetch: (root, signal) => {
      asked.push(root.toString())
      return fetch(root, signal)
    },
    read: (pack, root) => candidateFiles(artifacts, pack, root),
    patienceMs,
  })
  const filesOf: Scene["filesOf"] = (root, mayWait = true, signal = new AbortController().signal) =>
    code.filesOf(taskPackage, root.toString(), mayWait, signal)
  return { code, artifacts, asked, at, filesOf }
}

/** The link of something that nobody serves. */
async function unserved(seed: string): Promise<CID> {
  return addFile(createMemoryArtifactStore(), new TextEncoder().encode(seed))
}

describe("the code of a parent", () => {
  it("is read where it is held, and fetched where it is not", async () => {
    const root = await addFile(createMemoryArtifactStore(), content)
    const { artifacts, asked, filesOf } = scene(async () => void (await addFile(artifacts, content)))
    expect((await filesOf(root))?.get("candidate.mjs")).toEqual(content)
    await filesOf(root)
    expect(asked).toHaveLength(1)
  })

  it("that nobody serves is no error, and asked for again after a growing while", async () => {
    const { asked, at, filesOf } = scene(() => Promise.reject(new Error("nobody has it")))
    const root = await unserved("fake")
    expect(await filesOf(root)).toBeNull()
    at.now = 10 * MINUTE - 1
    expect(await filesOf(root)).toBeNull()
    expect(asked).toHaveLength(1)
    at.now = 10 * MINUTE
    expect(await filesOf(root)).toBeNull()
    at.now = 30 * MINUTE - 1
    expect(await filesOf(root)).toBeNull()
    expect(asked).toHaveLength(2)
  })

  it("that is none of the task's form is not looked at again for a while either", async () => {
    const { artifacts, asked, filesOf } = scene(async () => undefined)
    const root = await addFolder(artifacts, new Map([["other.mjs", content]]))
    expect(await filesOf(root)).toBeNull()
    expect(await filesOf(root)).toBeNull()
    expect(asked).toHaveLength(1)
  })

  it("is not waited for longer than asked, and fetched on meanwhile, once and few at a time", async () => {
    const gates = new Map<string, PromiseWithResolvers<void>>()
    const { artifacts, asked, filesOf } = scene((root) => {
      const gate = Promise.withResolvers<void>()
      gates.set(root.toString(), gate)
      return gate.promise
    })
    const root = await addFile(createMemoryArtifactStore(), content)
    expect(await filesOf(root, false)).toBeNull()
    expect(await filesOf(root, false)).toBeNull()
    expect(asked).toHaveLength(1)
    for (let i = 0; i < 20; i++) expect(await filesOf(await unserved(`fake ${i}`), false)).toBeNull()
    expect(asked).toHaveLength(8)
    await addFile(artifacts, content)
    gates.get(root.toString())?.resolve()
    await setImmediate()
    expect((await filesOf(root, false))?.get("candidate.mjs")).toEqual(content)
  })

  it("ends with the caller's signal, which is no failure of the code", async () => {
    const stop = new AbortController()
    const { asked, filesOf } = scene(
      (_, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped")))),
    )
    const root = await unserved("slow")
    const waiting = filesOf(root, true, stop.signal)
    while (asked.length === 0) await setImmediate()
    stop.abort(new Error("stop"))
    await expect(waiting).rejects.toThrow("stop")
    expect(await filesOf(root, false)).toBeNull()
    expect(asked).toHaveLength(2)
  })
})
