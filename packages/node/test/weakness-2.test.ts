import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { CID } from "@spore/records"
import { probeSandboxes, type SandboxProbe } from "@spore/runner"
import { makeExperiment, temporaryFolder, testIdentity, until } from "@spore/testkit"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createSporeNode, type SporeNode, type SporeNodeInit } from "../src/index.ts"
import { addCode, addTask, author } from "./verification/support.ts"

const { sandbox, findings } = await probeSandboxes()
const why = findings.map(({ reason }) => reason).join("; ")
const skipped = sandbox === null && process.env["CI"] !== "true"

/** Prints 3.5 where it gets nothing, and otherwise a worse value for all that it got. */
const attack = (key: string, mark: string): string => `
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
let got = 0
const take = (attempt) => { try { if (attempt()) got++ } catch {} }
take(() => process.getuid() === 0)
take(() => process.env.SPORE_WEAKNESS_2)
take(() => readFileSync(${JSON.stringify(key)}, "utf8"))
take(() => { writeFileSync(${JSON.stringify(mark)}, "ran"); return true })
for (const pid of readdirSync("/proc")) {
  take(() => /^\\d+$/.test(pid) && readFileSync("/proc/" + pid + "/environ", "utf8").includes("SPORE_WEAKNESS_2="))
}
console.log(got === 0 ? 3.5 : 10 + got)
`

/** A peer with a task, a baseline, and a better candidate that attacks whoever reruns it. */
async function peerWithAttack(folder: string, code: string): Promise<{ peer: SporeNode; id: string; code: CID }> {
  const peer = await createSporeNode({ dataDir: join(folder, "peer"), identity: author, mode: "sync", ...LOOPBACK })
  await peer.start()
  const task = await addTask(peer, folder)
  const root = makeExperiment(author, { task, score: 4 })
  const attacking = await addCode(peer, code)
  const child = makeExperiment(author, { task, parent: root, score: 0.25, code: attacking })
  for (const record of [task, root, child]) await peer.publish(record)
  return { peer, id: child.id, code: attacking }
}

const LOOPBACK = { listen: ["/ip4/127.0.0.1/tcp/0"] }

function verifier(folder: string, peer: SporeNode, init: Partial<SporeNodeInit> = {}): Promise<SporeNode> {
  const identity = testIdentity(1)
  const peers = peer.addresses()
  return createSporeNode({ dataDir: join(folder, "me"), identity, mode: "verify", ...LOOPBACK, peers, ...init })
}

describe('weakness 2, "a record, a challenge and an artifact ran a peer\'s code as root with the full environment"', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it.skipIf(skipped)(
    `in the sandbox it runs, and gets neither the key nor the environment nor root${skipped ? ` (skipped: ${why})` : ""}`,
    async () => {
      await using folder = await temporaryFolder()
      const [key, mark] = [join(folder.path, "me", "identity.pem"), join(folder.path, "mark")]
      vi.stubEnv("SPORE_WEAKNESS_2", "secret")
      const { peer, id } = await peerWithAttack(folder.path, attack(key, mark))
      const me = await verifier(folder.path, peer)
      await writeFile(key, "secret", { mode: 0o600 })

      // as the reference ran it, it gets at least the key, the environment and the mark
      const program = join(folder.path, "attack.mjs")
      await writeFile(program, attack(key, mark))
      const printed = execFileSync(process.execPath, [program], { encoding: "utf8" })
      expect(Number(printed)).toBeGreaterThanOrEqual(13)
      await rm(mark)

      await me.start()
      const verdict = await until(
        async () => {
          const row = await me.store.experiment(id)
          return row === undefined || row.verdict === "unverified" ? undefined : row.verdict
        },
        { timeoutMs: 60_000, what: "a rerun" },
      )
      // its score is that of a candidate that got nothing
      expect(verdict).toBe("reproduced")
      expect(existsSync(mark)).toBe(false)
      await me.stop()
      await peer.stop()
    },
  )

  it("without a sandbox nothing of a peer runs, not even by the word that lets own code run", async () => {
    await using folder = await temporaryFolder()
    const mark = join(folder.path, "mark")
    const { peer, id, code } = await peerWithAttack(folder.path, attack("/nowhere", mark))
    const probe = async (): Promise<SandboxProbe> => ({ sandbox: null, findings: [] })
    const me = await verifier(folder.path, peer, { probe, unsandboxed: "own" })
    await me.start()
    await until(() => me.store.experiment(id), { what: "the record to arrive" })
    await me.fetchArtifact(code)
    const { verifyQueue, activities, sandbox: used } = await me.status()
    expect({ verifyQueue, activities, isolated: used.isolated }).toEqual({
      verifyQueue: 0,
      activities: [],
      isolated: false,
    })
    await me.stop()
    await peer.stop()
    expect(existsSync(mark)).toBe(false)
  })
})
