import { readFile, rm } from "node:fs/promises"
import { userInfo } from "node:os"
import { hasErrorCode, isSporeError } from "@spore/records"
import type { Context } from "../context.ts"
import { cliError } from "../errors.ts"
import { plain, safeJson } from "../output/plain.ts"
import { tilde } from "../output/format.ts"
import { managerHere, serviceFile, systemctl } from "../service/manager.ts"
import { UNIT_MARK } from "../service/systemd.ts"

/** Ends the service and takes its file away; the data stay. Where none is installed, that is no error. */
export async function run(context: Context): Promise<void> {
  const { env, json, output } = context
  const manager = managerHere() ?? "systemd"
  const { name, path } = serviceFile(manager, context)
  const text = await readText(path)
  if (text !== null && manager === "systemd") {
    if (!text.startsWith(UNIT_MARK)) {
      throw cliError("file_unusable", `${path} was not written by spore`, { next: `look at it: ${path}` })
    }
    await disable(context, name)
  }
  await rm(path, { force: true })
  if (text !== null && manager === "systemd") await reload(env)
  if (json) output.print(safeJson({ manager, name, path, removed: text !== null }))
  else output.print(text === null ? "no service is installed" : `removed ${plain(tilde(path))}`)
  if (text !== null && manager === "launchd") {
    output.tell(`it runs until the next logout; now: launchctl bootout gui/${userInfo().uid}/${name}`)
  }
}

/** Without a manager nothing of it runs, and the file alone is left to remove. */
async function disable({ env, output }: Context, name: string): Promise<void> {
  try {
    await systemctl(env, "disable", "--now", name)
  } catch (error) {
    if (!isSporeError(error, "service_unavailable")) throw error
    output.tell(error.message)
  }
}

async function reload(env: Context["env"]): Promise<void> {
  try {
    await systemctl(env, "daemon-reload")
  } catch (error) {
    if (!isSporeError(error, "service_unavailable")) throw error
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8")
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null
    throw error
  }
}
