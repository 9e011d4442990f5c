import { spawn } from "node:child_process"
import { mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"

const GUIDE = fileURLToPath(new URL("../../../docs/embedding.md", import.meta.url))
// Inside the package, so that the program finds the packages by name as an embedder's would.
const SCRATCH = fileURLToPath(new URL("../.scratch/", import.meta.url))

it("runs the program of docs/embedding.md", async () => {
  const program = /```ts\n(.*?)```/s.exec(await readFile(GUIDE, "utf8"))?.[1] ?? ""
  expect(program.split("\n").filter((line) => line.trim() !== "").length).toBeLessThanOrEqual(20)
  await mkdir(SCRATCH, { recursive: true })
  const file = join(SCRATCH, "embedding.mts")
  await writeFile(file, program)
  await using folder = await temporaryFolder()
  const output = await run(file, folder.path)
  const [, published, arrived] = /^published (\S+) arrived (\S+)$/m.exec(output) ?? []
  expect(published).toMatch(/^bafyrei/)
  expect(arrived).toBe(published)
})

function run(file: string, cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], { cwd, stdio: ["ignore", "pipe", "pipe"], timeout: 50_000 })
    let output = ""
    child.stdout.on("data", (data) => (output += String(data)))
    child.stderr.on("data", (data) => (output += String(data)))
    child.once("error", reject)
    child.once("close", (code) => {
      if (code === 0) resolve(output)
      else reject(new TypeError(`exit ${code}: ${output}`))
    })
  })
}
