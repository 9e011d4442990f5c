import { execFile } from "node:child_process"
import { cp, readdir, rm } from "node:fs/promises"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { like } from "./support/match.ts"

const APP = fileURLToPath(new URL("..", import.meta.url))

/** A built program whose files are deleted while it runs, as an update deletes those of an old version. */
async function withoutChunks(pattern: RegExp): Promise<AsyncDisposable & { run(...args: string[]): Promise<unknown> }> {
  const folder = await temporaryFolder()
  const program = join(folder.path, "program")
  await cp(join(APP, "package.json"), join(program, "package.json"))
  await cp(join(APP, "dist"), join(program, "dist"), {
    recursive: true,
    filter: (path) => basename(path) !== "assets",
  })
  const chunks = join(program, "dist", "chunks")
  const gone = (await readdir(chunks)).filter((name) => pattern.test(name))
  expect(gone).not.toEqual([])
  for (const name of gone) await rm(join(chunks, name))
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder.path, SPORE_PEERS: "none", SPORE_VERSIONS: "none" }
  return {
    run: (...args) =>
      promisify(execFile)(process.execPath, [join(program, "dist", "main.js"), ...args], { env }).catch(
        (error: unknown) => error,
      ),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test("an error is told, and none ends in success, where what reports errors was deleted", async () => {
  await using program = await withoutChunks(/^report-error-/)
  expect(await program.run("trials", "zzzz")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: like(/^error: \S.*\nnext: once more: .*deleted\n$/),
  })
  expect(await program.run("--json", "no-such-command")).toMatchObject({
    code: 1,
    stderr: like(/^\{"error":\{"code":"internal","message":"error: unknown command 'no-such-command'"/),
  })
})

test("a command whose own files were deleted says so", async () => {
  await using program = await withoutChunks(/^(report-error|trials|errors)-/)
  expect(await program.run("trials")).toMatchObject({ code: 1, stderr: like(/^error: Cannot find module .*trials-/) })
})
