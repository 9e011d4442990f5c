import { closeSync, openSync, writeSync } from "node:fs"
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { silentLogger } from "@spore/records"
import { temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { createLogFile } from "../src/run/log-file.ts"
import { logPath } from "../src/logs/path.ts"
import { cutOutput } from "../src/service/bounded-output.ts"
import { launch } from "../src/service/launch.ts"
import { outputPath } from "../src/service/output-file.ts"
import { logEvent } from "../src/supervised/event-log.ts"
import { selfCheck } from "../src/updates/self-check.ts"
import { like } from "./support/match.ts"

/** Somebody's data folder, and a file and a folder of the user's that its links lead to. */
async function folderWithVictims(): Promise<AsyncDisposable & { dataDir: string; file: string; folder: string }> {
  const { path, ...rest } = await temporaryFolder()
  const [dataDir, file, folder] = [join(path, "data"), join(path, "precious"), join(path, "own")]
  await mkdir(join(dataDir, "logs"), { recursive: true })
  await mkdir(join(folder, "self-check"), { recursive: true })
  await writeFile(file, "precious")
  await writeFile(join(folder, "self-check", "own"), "own")
  return { ...rest, dataDir, file, folder }
}

test("logs of a data folder are written through no link", async () => {
  await using place = await folderWithVictims()
  const { dataDir, file, folder } = place
  await symlink(file, logPath(dataDir))
  await symlink(file, outputPath(dataDir))
  const refused: unknown = expect.objectContaining({ code: "file_unusable", next: like(/ rm '/) })
  expect(() => createLogFile(logPath(dataDir), "info")).toThrow(refused)
  expect(() => launch(dataDir, [], process.env)).toThrow(refused)
  logEvent(dataDir, { type: "healthy", version: "1.0.0" })
  expect(await readFile(file, "utf8")).toBe("precious")

  const other = join(dataDir, "other")
  await mkdir(other)
  await symlink(folder, join(other, "logs"))
  expect(() => createLogFile(logPath(other), "info")).toThrow(refused)
  logEvent(other, { type: "healthy", version: "1.0.0" })
  expect(await readdir(folder)).toEqual(["self-check"])
})

test("a log that becomes a link while it is written loses lines, and nothing else", async () => {
  await using place = await folderWithVictims()
  const { dataDir, file } = place
  const path = join(dataDir, "logs", "late.log")
  const log = createLogFile(path, "info")
  await rm(path)
  await symlink(file, path)
  log.info({}, "hello")
  log.close()
  expect(await readFile(file, "utf8")).toBe("precious")
})

test("output that is moved aside replaces a link, and not what that leads to", async () => {
  await using place = await folderWithVictims()
  const path = outputPath(place.dataDir)
  const output = openSync(path, "a")
  writeSync(output, "0123456789")
  await symlink(place.file, `${path}.1`)
  cutOutput(path, output, 5)
  closeSync(output)
  expect(await readFile(`${path}.1`, "utf8")).toBe("0123456789")
  expect(await readFile(place.file, "utf8")).toBe("precious")
})

test("a self-check deletes nothing behind a link", async () => {
  await using place = await folderWithVictims()
  await symlink(place.folder, join(place.dataDir, "cache"))
  await selfCheck(place.dataDir, "0.0.0", silentLogger)
  expect(await readFile(join(place.folder, "self-check", "own"), "utf8")).toBe("own")
})
