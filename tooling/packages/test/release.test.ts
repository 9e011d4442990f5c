import { execFile } from "node:child_process"
import { cp, mkdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { parse } from "yaml"
import { z } from "zod"
import { publishedPackages, ROOT } from "../src/published.ts"

const run = promisify(execFile)

const stepSchema = z.object({ uses: z.string().optional() })
const workflowSchema = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      permissions: z.record(z.string(), z.string()).optional(),
      uses: z.string().optional(),
      steps: z.array(stepSchema).optional(),
    }),
  ),
})

it.each(["ci", "release"])("gives the jobs of %s few rights, and runs actions of fixed commits", async (name) => {
  const { permissions, jobs } = workflowSchema.parse(
    parse(await readFile(join(ROOT, `.github/workflows/${name}.yml`), "utf8")),
  )
  expect(Object.values(permissions).filter((right) => right !== "read")).toEqual([])
  const uses = Object.values(jobs).flatMap((job) => [job.uses, ...(job.steps ?? []).map((step) => step.uses)])
  const foreign = uses.filter((action) => action !== undefined && !action.startsWith("./"))
  expect(foreign).not.toEqual([])
  expect(foreign.filter((action) => !/@[0-9a-f]{40}$/.test(action ?? ""))).toEqual([])
  // What publishes cannot write to the repository, and what writes to it cannot publish.
  const mayPublish = Object.values(jobs).filter((job) => job.permissions?.["id-token"] !== undefined)
  expect(mayPublish).toHaveLength(name === "release" ? 1 : 0)
  expect(mayPublish.filter((job) => job.permissions?.["contents"] !== "read")).toEqual([])
})

it("takes in the changesets as one version of all packages, and leaves tools alone", async () => {
  await using folder = await temporaryFolder()
  const git = (...args: string[]): Promise<unknown> =>
    run("git", ["-c", "user.name=x", "-c", "user.email=x@example.org", ...args], { cwd: folder.path })
  const { stdout } = await run("git", ["ls-files", "-z", "--", ".changeset", "**/package.json", "package.json"], {
    cwd: ROOT,
  })
  const paths = [...stdout.split("\0").filter((path) => path !== ""), "pnpm-workspace.yaml", "pnpm-lock.yaml"]
  for (const path of paths) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true })
    await cp(join(ROOT, path), join(folder.path, path))
  }
  // There may be none: those before a release are gone after it.
  await writeFile(join(folder.path, ".changeset/one.md"), '---\n"@spore/records": patch\n---\n\nOne more.\n')
  await git("init", "--quiet", "--initial-branch=main")
  await git("add", "--all")
  await git("commit", "--quiet", "--message=all")
  await run(process.execPath, [join(ROOT, "node_modules/@changesets/cli/bin.js"), "version"], { cwd: folder.path })

  const versionIn = async (path: string): Promise<string> =>
    z.object({ version: z.string() }).parse(JSON.parse(await readFile(join(folder.path, path, "package.json"), "utf8")))
      .version
  const published = await Promise.all(publishedPackages().map((each) => versionIn(each.folder)))
  expect(new Set(published).size).toBe(1)
  expect(published[0]).not.toBe(publishedPackages()[0]?.manifest.version)
  expect(await versionIn("tooling/testkit")).toBe("0.0.0")
})
