import { readFile } from "node:fs/promises"
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core"
import { publint } from "publint"
import { formatMessage } from "publint/utils"

/** What a packed package promises and does not keep, as its users' tools would find it. */
export async function lintTarball(file: string): Promise<string[]> {
  const bytes = new Uint8Array(await readFile(file))
  const { messages, pkg } = await publint({ pack: { tarball: bytes.buffer }, strict: true })
  const published = messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code)
  // What exports nothing, such as a program, has no types.
  return "exports" in pkg ? [...published, ...(await lintTypes(bytes))] : published
}

async function lintTypes(bytes: Uint8Array): Promise<string[]> {
  const analysis = await checkPackage(createPackageFromTarballData(bytes))
  if (analysis.types === false) return ["NoTypes"]
  return analysis.problems.map((problem) =>
    "resolutionKind" in problem ? `${problem.kind} in ${problem.resolutionKind}` : problem.kind,
  )
}
