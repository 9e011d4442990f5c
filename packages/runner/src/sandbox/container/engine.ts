import { messageOf } from "@spore/records"
import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { promisify } from "node:util"
import { isOwnerGone, OWNER_MARK } from "../owner.ts"

/** A command-line client of a container engine. */
export interface ContainerEngine {
  path: string
  kind: "podman" | "docker"
}

/** What keeps containers from being used, and what to do about it. */
export interface EngineProblem {
  reason: string
  next: string | null
}

/** Every container of ours has this label; its name tells whose it is. */
export const LABEL = "spore.job"
const NAME = new RegExp(`^spore-job-(${OWNER_MARK})-`)
const FOLDERS = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/opt/podman/bin"]
const COMMAND_MS = 20_000

/** The first engine that answers and has the image. */
export async function findEngine(image: string | undefined): Promise<ContainerEngine | EngineProblem> {
  const candidates = ["podman", "docker"].flatMap((name) => FOLDERS.map((folder) => `${folder}/${name}`))
  const paths = candidates.filter((path) => existsSync(path))
  if (paths.length === 0) return { reason: "neither podman nor docker is installed", next: "install podman" }
  if (image === undefined) {
    return { reason: "no image is named for it", next: '[runner] image = "…" in config.toml, after podman pull' }
  }
  let problem: EngineProblem | null = null
  for (const path of paths) {
    const tried = await tryEngine(path, image)
    if (!("reason" in tried)) return tried
    problem ??= tried
  }
  return problem ?? { reason: "no engine answers", next: null }
}

async function tryEngine(path: string, image: string): Promise<ContainerEngine | EngineProblem> {
  try {
    const kind = /podman/i.test(await ask(path, ["--version"])) ? "podman" : "docker"
    // an engine that does not answer says so here, before the image is blamed
    await ask(path, ["ps", "--quiet"])
    const engine: ContainerEngine = { path, kind }
    return (await imageProblem(engine, image)) ?? engine
  } catch (error) {
    return { reason: `${path} does not work: ${reasonOf(error)}`, next: null }
  }
}

async function imageProblem({ path, kind }: ContainerEngine, image: string): Promise<EngineProblem | null> {
  let volumes: string
  try {
    volumes = await ask(path, ["image", "inspect", "--format", "{{json .Config.Volumes}}", image])
  } catch (error) {
    return { reason: `${kind} has no image ${image}: ${reasonOf(error)}`, next: `${kind} pull ${image}` }
  }
  if (["null", "{}", ""].includes(volumes.trim())) return null
  return { reason: `the image ${image} declares volumes, which no limit bounds`, next: "name an image without VOLUME" }
}

/** Ends containers of processes that are no more. */
export async function endAbandonedContainers({ path }: ContainerEngine): Promise<void> {
  const listed = await ask(path, ["ps", "--all", "--filter", `label=${LABEL}`, "--format", "{{.Names}}"])
  for (const name of listed.split("\n")) {
    const owner = NAME.exec(name)?.[1]
    if (owner === undefined || !isOwnerGone(owner)) continue
    await endContainer(path, name)
    await ask(path, ["rm", "--force", name]).catch(() => "")
  }
}

/** Kills a container, which `--rm` then removes; nothing where there is none. */
export async function endContainer(path: string, name: string): Promise<void> {
  await ask(path, ["kill", name]).catch(() => "")
}

/** What a command of the engine prints. The engine's own settings come with this process's environment. */
async function ask(path: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(path, args, { timeout: COMMAND_MS, cwd: "/" })
  return stdout
}

function reasonOf(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : ""
  return said === undefined || said === "" ? messageOf(error) : said
}
