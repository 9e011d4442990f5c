import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { createTufChannel } from "@spore/operator"
import { manualClock, temporaryFolder } from "@spore/testkit"
import { expect, test } from "vitest"
import { createKeys, createRepository, packProgram, serveRepository } from "../src/index.ts"

test("a channel gives its newest release and the archive of it, and goes on with what it saw", async () => {
  await using folder = await temporaryFolder()
  const clock = manualClock()
  const repository = await createRepository({ folder: join(folder.path, "repository"), keys: createKeys(), clock })
  await using server = await serveRepository(repository.folder)
  const archive = await packProgram(folder.path, { version: "1.2.3" })
  await repository.publish(archive, { instructions: [{ do: "backfill_tasks" }], notes: "Better." })
  const cache = join(folder.path, "channel")
  const open = () => createTufChannel({ url: server.url, root: repository.root, folder: cache, clock })

  const channel = open()
  const release = await channel.latest()
  expect(release).toMatchObject({ version: "1.2.3", node: "22.16.0", database: 1, notes: "Better." })
  const path = join(folder.path, "got.tgz")
  await channel.download(release, path)
  expect(await readFile(path)).toEqual(await readFile(archive))
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect((await stat(cache)).mode & 0o777).toBe(0o700)

  clock.advance(86_400_000)
  await repository.publish(await packProgram(folder.path, { version: "1.3.0-beta.1" }))
  expect((await open().latest()).version).toBe("1.3.0-beta.1")
})
