import type { DiffFile } from "@spore/api/client"
import { z } from "zod"
import { cliError } from "../../errors.ts"
import { named } from "../../trials/candidate.ts"
import { experimentId } from "../ids.ts"
import { pieceOf } from "../results.ts"
import { EXPERIMENT, OFFSET, tool, type Tool } from "../tool.ts"

const PATH = z.string().max(1024).optional().describe("Only this file; without it the first one, and the list of all")

export const CODE_TOOLS: readonly Tool[] = [
  tool({
    name: "read_code",
    title: "Read the code",
    description: "The code of an experiment, a file at a time, where it is held here.",
    input: { experiment: EXPERIMENT, path: PATH, offset: OFFSET },
    run: async ({ experiment, path, offset }, { client, dataDir }) => {
      const api = await client()
      const id = await experimentId(api, experiment)
      const { code, held, files: found } = await api.code(id)
      const files = await named(dataDir, id, found)
      const file = fileOf(files, path)
      return {
        code,
        held,
        files: files.map(({ path: name, size, omitted }) => ({ path: name, size, omitted })),
        file: file === null ? null : { ...file, ...pieceOf(file.text ?? "", offset) },
      }
    },
  }),
  tool({
    name: "read_diff",
    title: "Read the difference",
    description: "How an experiment's code differs from its parent's, or from another experiment's; a file at a time.",
    input: {
      experiment: EXPERIMENT,
      against: EXPERIMENT.optional().describe("Another experiment, instead of the parent"),
      path: PATH,
      offset: OFFSET,
    },
    run: async ({ experiment, against, path, offset }, { client, dataDir }) => {
      const api = await client()
      const asked = against === undefined ? {} : { against: await experimentId(api, against) }
      const { files: found, ...diff } = await api.diff(await experimentId(api, experiment), asked)
      const files = await named(dataDir, diff.experiment, found)
      const file = fileOf<DiffFile>(files, path)
      return {
        ...diff,
        files: files.map(({ patch: _patch, ...rest }) => rest),
        file: file === null ? null : { path: file.path, ...pieceOf(file.patch ?? "", offset) },
      }
    },
  }),
  tool({
    name: "read_log",
    title: "Read the log",
    description:
      "What an experiment's run printed, where it is held here: at most its last 256 KiB. What the evaluator said to the proposer is kept of this node's own trials: read_trial.",
    input: { experiment: EXPERIMENT, offset: OFFSET },
    run: async ({ experiment, offset }, { client }) => {
      const api = await client()
      const { text, ...log } = await api.log(await experimentId(api, experiment))
      return { ...log, ...pieceOf(text ?? "", offset) }
    },
  }),
]

/** @throws SporeError `not_found` */
function fileOf<T extends { path: string }>(files: readonly T[], path: string | undefined): T | null {
  if (path === undefined) return files[0] ?? null
  const found = files.find((file) => file.path === path)
  if (found !== undefined) return found
  throw cliError("not_found", `there is no file ${JSON.stringify(path)} in it`, { next: "leave path out for a list" })
}
