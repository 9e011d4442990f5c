import { resolve } from "node:path"
import { isSporeError, messageOf } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { judgeOf, type PackedTask, packFiles, readPackageFolder, TASK_FILE } from "@spore/runner"
import { createFsArtifactStore } from "@spore/transport"
import { z } from "zod"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { prepareFolder } from "../folder/data-folder.ts"
import { openFacts } from "../folder/facts.ts"
import { plain, safeJson } from "../output/plain.ts"
import { signAndStore } from "../tasks/sign-task.ts"
import { inferredLines, type Stated, statedFiles, statedSchema } from "../tasks/stated-package.ts"

const optionsSchema = z.object({ bundle: z.string() })

/**
 * Packs a folder, signs the task and stores both. A node that runs on the folder sees the new fact and sends it on.
 * A task of one's own that has the name already is superseded; where nothing changed, it is kept.
 */
export async function run({ dataDir, json, output }: Context, { options }: Invocation): Promise<void> {
  const { bundle } = optionsSchema.parse(options)
  const { paths, identity } = await prepareFolder(dataDir)
  const store = await openFacts(dataDir)
  try {
    const artifacts = await createFsArtifactStore(paths.artifacts)
    const { packed, isInferred } = await packStated(artifacts, resolve(bundle), statedSchema.parse(options))
    const { id, created, supersedes } = await signAndStore(store, identity, packed)
    if (json) {
      const inferred = isInferred ? { inferred: packed.package } : {}
      output.print(safeJson({ id, name: packed.package.name, created, supersedes, ...inferred }))
    } else {
      output.print(id)
      const name = plain(packed.package.name)
      if (isInferred) {
        output.tell(`${name} has no ${TASK_FILE}; taken from its files:`)
        for (const line of inferredLines(packed.package)) output.tell(plain(line))
      }
      if (!created) output.tell(`${name} is known with exactly this content: nothing to do`)
      else if (supersedes !== null) output.tell(`${name} supersedes ${supersedes}`)
      const { evaluator, replay } = packed.package
      if (created && judgeOf(evaluator, replay) === "shared") {
        output.tell(`judge and candidate share a sandbox, so results can be forged; see how: spore task test ${bundle}`)
      }
      output.tell(`next: spore task use ${name}`)
    }
  } finally {
    await store.close()
  }
}

async function packStated(
  artifacts: ArtifactStore,
  folder: string,
  stated: Stated,
): Promise<{ packed: PackedTask; isInferred: boolean }> {
  const files = await readPackageFolder(folder)
  const isInferred = !files.has(TASK_FILE)
  try {
    return { packed: await packFiles(artifacts, statedFiles(files, stated, folder)), isInferred }
  } catch (error) {
    if (!isSporeError(error, "task_package_malformed", "task_package_incomplete")) throw error
    throw cliError("task_incomplete", messageOf(error), { cause: error, next: `correct ${TASK_FILE}, or the flags` })
  }
}
