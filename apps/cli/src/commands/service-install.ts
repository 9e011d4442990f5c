import { mkdir, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import { userInfo } from "node:os"
import { dataPaths, findRunning } from "@spore/node/local"
import { hasErrorCode, messageOf } from "@spore/records"
import type { Context, Invocation } from "../context.ts"
import { cliError } from "../errors.ts"
import { replaceFile } from "../folder/replace-file.ts"
import { plain, safeJson } from "../output/plain.ts"
import { tilde } from "../output/format.ts"
import { isActive, managerHere, type ServiceFile, systemctl } from "../service/manager.ts"
import { outputPath } from "../service/output-file.ts"
import { ownServiceFile } from "../service/own-file.ts"
import { UNIT_MARK } from "../service/systemd.ts"

/** Has the system's service manager run the node, now and at each login; once more changes its flags. */
export async function run(context: Context, { options }: Invocation): Promise<void> {
  const { dataDir, env, json, output } = context
  const manager = managerHere()
  if (manager === null) {
    throw cliError("service_unavailable", `spore knows no service manager of ${process.platform}`, {
      next: "spore start",
    })
  }
  const file = await ownServiceFile(manager, context, options)
  if (manager === "launchd") {
    // launchd opens the file of its output, and makes no folder for it.
    await mkdir(dirname(outputPath(dataDir)), { recursive: true, mode: 0o700 })
    await writeFile(file)
  } else await installUnit(context, file)
  if (json) output.print(safeJson({ manager, name: file.name, path: file.path, started: manager === "systemd" }))
  else output.print(`${manager === "systemd" ? "runs" : "written"}: ${plain(tilde(file.path))}`)
  tellWhatElse(context, file)
  const ignored = Object.keys(env).filter((name) => name.startsWith("SPORE_") && name !== "SPORE_DATA_DIR")
  if (ignored.length > 0) {
    output.tell(`variables of this shell do not reach it (${ignored.join(", ")}): spore config set, or flags`)
  }
}

async function installUnit({ dataDir, env }: Context, file: ServiceFile): Promise<void> {
  // Before anything is written: whether there is a manager.
  await systemctl(env, "show-environment")
  const wasActive = await isActive(env, file.name)
  const running = await findRunning(dataPaths(dataDir).running)
  if (running !== null && !wasActive) {
    throw cliError("node_running", `process ${running.pid} runs on ${dataDir}, and not by systemd`, {
      next: "spore stop && spore service install",
    })
  }
  await refuseForeign(file.path)
  await writeFile(file)
  await systemctl(env, "daemon-reload")
  await systemctl(env, "enable", "--now", file.name)
  if (wasActive) await systemctl(env, "restart", file.name)
}

/** @throws SporeError `file_unusable` where a unit of that name is somebody else's */
async function refuseForeign(path: string): Promise<void> {
  try {
    if ((await readFile(path, "utf8")).startsWith(UNIT_MARK)) return
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return
  }
  throw cliError("file_unusable", `${path} was not written by spore`, { next: `look at it, and move it away: ${path}` })
}

async function writeFile({ path, text }: ServiceFile): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
    await replaceFile(path, text, 0o644)
  } catch (error) {
    throw cliError("file_unusable", `cannot write ${path}: ${messageOf(error)}`, {
      cause: error,
      next: `ls -ld ${dirname(path)}`,
    })
  }
}

function tellWhatElse({ output }: Context, { manager, name, path }: ServiceFile): void {
  if (manager === "launchd") {
    output.tell(`it starts at the next login; now: launchctl bootstrap gui/${userInfo().uid} '${path}'`)
    return
  }
  output.tell("it ends when you log out, and begins when you log in; to keep it always: loginctl enable-linger")
  output.tell(`next: spore status; systemctl --user status ${name}; spore logs -f`)
}
