import { execFile } from "node:child_process"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { emptyEnvironment } from "./installation.ts"
import type { Example } from "./readme.ts"

const run = promisify(execFile)

/**
 * Runs a README's example against installed packages; gives what it printed.
 *
 * @param folder a new folder below the installation
 * @throws where it does not end with 0
 */
export async function runExample(installation: string, folder: string, example: Example): Promise<string> {
  await mkdir(folder, { recursive: true })
  const file = example.language === "ts" ? "example.ts" : "example.sh"
  await writeFile(join(folder, file), example.code)
  const [command, ...args] = example.language === "ts" ? [process.execPath] : ["bash", "-e"]
  const { stdout } = await run(command, [...args, file], {
    cwd: folder,
    env: emptyEnvironment(folder, join(installation, "node_modules", ".bin")),
    timeout: 120_000,
  })
  return stdout
}
