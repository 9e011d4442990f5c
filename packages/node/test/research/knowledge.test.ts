import type { ExperimentRow } from "@spore/dag"
import { addFile } from "@spore/records/artifacts"
import { parseTaskPackage } from "@spore/runner"
import { makeExperiment, temporaryFolder } from "@spore/testkit"
import { describe, expect, it } from "vitest"
import { createKnowledge, createRoom, type Knowledge } from "../../src/research/knowledge.ts"
import { add, addCode, addTask, createTestNode, me, PACKAGE } from "../verification/support.ts"
import type { SporeNode } from "../../src/index.ts"

const MEBIBYTE = 1024 * 1024

function knowledgeOf(node: SporeNode): Knowledge {
  const policy = { allowsTask: () => true, mayPrepare: () => true, allowsExperiment: async () => true }
  const feedback = { keep: async () => undefined, of: async () => null }
  return createKnowledge({ store: node.store, artifacts: node.artifacts, policy, feedback })
}

describe("what research reads of strangers", () => {
  it("is bounded, for one experiment and for a turn, and the end of a log", async () => {
    await using folder = await temporaryFolder()
    const node = await createTestNode(folder.path, { mode: "sync" })
    try {
      const task = await addTask(node, folder.path)
      const root = makeExperiment(me, { task, score: 4 })
      const text = new Uint8Array(5 * MEBIBYTE).fill(97)
      const child = makeExperiment(me, { task, parent: root, score: 1, log: await addFile(node.artifacts, text) })
      await add(node, task, root, child)
      const knowledge = knowledgeOf(node)
      const row = await node.store.experiment(child.id)
      if (row === undefined) throw new Error("it is not there")

      const code = (mebibytes: number): Promise<string> =>
        addCode(node, `${mebibytes}`.padEnd(mebibytes * MEBIBYTE)).then(String)
      const taskPackage = parseTaskPackage(JSON.stringify(PACKAGE))
      const read = async (room: { left: number }, ...codes: string[]): Promise<boolean[]> => {
        const rows: ExperimentRow[] = codes.map((link) => ({ ...row, code: link }))
        return (await knowledge.withFiles(taskPackage, rows, room)).map(({ files }) => files !== null)
      }
      const [one, three, four, five] = [await code(1), await code(3), await code(4), await code(5)]
      const room = createRoom()
      expect(await read(room, five, four, one)).toEqual([false, true, true])
      expect(room.left).toBe(27 * MEBIBYTE)
      const rest = { left: 4 * MEBIBYTE }
      expect(await read(rest, three)).toEqual([true])
      // What is read for another question of the turn comes out of the same room.
      expect(await read(rest, three, one)).toEqual([false, true])
      expect(await read(rest, one)).toEqual([false])

      expect((await knowledge.words(child.id)).log).toBe("a".repeat(128 * 1024))
    } finally {
      await node.stop()
    }
  })
})
