import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { type ChannelLimits, createTufChannel, type Release, type ReleaseChannel } from "@spore/operator"
import { SporeError } from "@spore/records"
import { type ManualClock, manualClock, temporaryFolder } from "@spore/testkit"
import { expect } from "vitest"
import {
  answers,
  createKeys,
  createRepository,
  type Document,
  encode,
  type Keys,
  packProgram,
  type Repository,
  type RepositoryServer,
  type Role,
  serveRepository,
} from "../src/index.ts"

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
export const YEAR = 365 * DAY

export interface ChannelFixture extends AsyncDisposable {
  readonly path: string
  /** Of the channel's folder of kept metadata. */
  readonly cache: string
  readonly clock: ManualClock
  readonly keys: Keys
  readonly repository: Repository
  readonly server: RepositoryServer
  /** A client as a fresh process would have it. */
  open(init?: { root?: Uint8Array; url?: string; folder?: string; limits?: Partial<ChannelLimits> }): ReleaseChannel
  publish(version: string, files?: Record<string, string>): Promise<Release>
  /** What is published as `name` now. */
  metadata(name: string): Promise<Buffer>
  /** From now on the mirror gives these instead. */
  serve(files: Readonly<Record<string, Document | Uint8Array>>): void
}

/** A channel with release 1.0.0 on a server. */
export async function startChannel(
  init: { keys?: Keys; lifetimes?: Partial<Record<Role, number>> } = {},
): Promise<ChannelFixture> {
  const { keys = createKeys(), lifetimes = {} } = init
  const clock = manualClock()
  const folder = await temporaryFolder()
  const repository = await createRepository({ folder: join(folder.path, "repository"), keys, clock, lifetimes })
  const server = await serveRepository(repository.folder)
  const cache = join(folder.path, "channel")
  const fixture: ChannelFixture = {
    path: folder.path,
    cache,
    clock,
    keys,
    repository,
    server,
    open: ({ root = repository.root, url = server.url, folder: at = cache, limits = {} } = {}) =>
      createTufChannel({ url, root, folder: at, clock, limits }),
    publish: async (version, files = {}) => repository.publish(await packProgram(folder.path, { version, files })),
    metadata: (name) => readFile(join(repository.folder, "metadata", name)),
    serve: (files) => {
      for (const [name, file] of Object.entries(files)) {
        const path = new RegExp(`^metadata/${name.replaceAll(".", "\\.")}$`)
        server.misbehave(path, answers.bytes(file instanceof Uint8Array ? file : encode(file)))
      }
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
  await fixture.publish("1.0.0")
  return fixture
}

/** The error of a refusal, which says what is wrong and what to do about it. */
export async function refusal(work: Promise<unknown>): Promise<SporeError> {
  const error: unknown = await work.then(
    (value) => new Error(`not refused: ${JSON.stringify(value)}`),
    (reason: unknown) => reason,
  )
  if (!(error instanceof SporeError)) throw error
  expect(error.message).not.toBe("")
  expect(error.next ?? "").not.toBe("")
  return error
}
