import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { temporaryFolder, until } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { openStore } from "../../src/open-store.ts"
import { dataPaths } from "../../src/paths.ts"
import { openScene, proposalOf, scripted, tunable } from "./support.ts"

/** Runs until its sandbox is gone: a candidate that is under way whenever one looks. */
const endless = "setInterval(() => undefined, 1000)"
const LONG = { timeoutMs: 60_000 }

describe("a research loop that was stopped", { timeout: 120_000 }, () => {
  it("runs first what was accepted, and never asks for it again", async () => {
    await using folder = await temporaryFolder()
    const first = await openScene(
      { createProposer: () => scripted(() => proposalOf(endless, "endless")) },
      { folder: folder.path },
    )
    await until(async () => (await first.node.status()).activity?.title === "endless", LONG)
    await first.node.stop()
    expect(await keptIn(folder.path)).toContain("endless")

    const proposer = scripted()
    await using again = await openScene({ createProposer: () => proposer }, { folder: folder.path })
    const found = await until(async () => {
      const { activity } = await again.node.status()
      return activity?.kind === "experiment" ? activity : undefined
    }, LONG)
    expect(found).toMatchObject({
      title: "endless",
      agent: "scripted",
      parent: { title: "baseline", reason: "the only candidate" },
    })
    expect(proposer.contexts).toEqual([])
    expect(await again.experiments()).toHaveLength(1)
  })

  it("runs first what was accepted before it was killed", async () => {
    await using folder = await temporaryFolder()
    const victim = join(import.meta.dirname, "victim.ts")
    const child = spawn(process.execPath, ["--conditions", "development", victim, folder.path], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    try {
      await once(child.stdout, "data")
    } finally {
      child.kill("SIGKILL")
    }
    await once(child, "exit")
    expect(await keptIn(folder.path)).toContain("endless")

    const proposer = scripted()
    await using again = await openScene({ createProposer: () => proposer }, { folder: folder.path })
    const found = await until(async () => (await again.node.status()).activity ?? undefined, LONG)
    expect(found).toMatchObject({ kind: "experiment", title: "endless" })
    expect(proposer.contexts).toEqual([])
  })
})

async function keptIn(folder: string): Promise<string> {
  const store = await openStore(dataPaths(join(folder, "node")).database)
  try {
    return (await store.getLocal("research-proposals")) ?? ""
  } finally {
    await store.close()
  }
}
