import type { SandboxProbe } from "@spore/runner"
import { temporaryFolder, testIdentity, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createSporeNode, type SporeNodeInit } from "../src/index.ts"

const finding = {
  backend: "bubblewrap",
  ok: false,
  reason: "bwrap is not installed",
  next: "sudo apt install bubblewrap",
  hardness: null,
  untested: false,
}
const probe = async (): Promise<SandboxProbe> => ({ sandbox: null, findings: [finding] })
const base: Omit<SporeNodeInit, "dataDir"> = {
  identity: testIdentity(1),
  mode: "research",
  listen: ["/ip4/127.0.0.1/tcp/0"],
  probe,
}

describe("a node without a sandbox", () => {
  it("runs nothing and names what to install", async () => {
    await using folder = await temporaryFolder()
    const node = await createSporeNode({ ...base, dataDir: folder.path })
    await node.start()
    const { sandbox, notices, activities } = await node.status()
    expect(sandbox).toMatchObject({ backend: "none", isolated: false })
    expect(notices).toMatchObject([{ code: "no_sandbox", next: "sudo apt install bubblewrap" }])
    expect(activities).toEqual([])
    await node.stop()
  })

  it("runs the bundled task by the explicit word, with a warning", async () => {
    await using folder = await temporaryFolder()
    const node = await createSporeNode({ ...base, dataDir: folder.path, unsandboxed: "own" })
    await node.start()
    const activity = await until(async () => (await node.status()).activities[0], { what: "the baseline to run" })
    expect(activity).toMatchObject({ kind: "experiment", taskName: "char-lm", title: "baseline" })
    const { sandbox, notices } = await node.status()
    expect(sandbox).toMatchObject({ backend: "none", isolated: false })
    expect(notices).toMatchObject([{ code: "unsandboxed", next: "sudo apt install bubblewrap" }])
    await node.stop()
    // Stopped in the middle: nothing is published of a run that did not end.
    const again = await createSporeNode({ ...base, dataDir: folder.path, mode: "sync" })
    expect((await again.store.experiments({})).items).toEqual([])
    await again.stop()
  })
})
