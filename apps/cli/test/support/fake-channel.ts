import { writeFile } from "node:fs/promises"
import type { Release, ReleaseChannel } from "@spore/operator"

export function releaseOf(version: string, changes: Partial<Release> = {}): Release {
  return {
    format: 1,
    version,
    released: 1_760_000_000,
    node: "22.16.0",
    database: 1,
    archive: `spore-cli-${version}.tgz`,
    instructions: [],
    notes: "",
    ...changes,
  }
}

/** A channel that answers as its test says. */
export interface FakeChannel extends ReleaseChannel {
  readonly looks: number
  readonly downloads: string[]
  offer(answer: Release | Error): void
  /** What every download fails by from now on; null: nothing. */
  withhold(failure: Error | null): void
  /** Until when its metadata hold, in Unix seconds. */
  holdUntil(time: number): void
}

export function fakeChannel(first: Release | Error): FakeChannel {
  let answer = first
  let looks = 0
  let held: Error | null = null
  let valid: number | null = null
  const downloads: string[] = []
  return {
    name: "https://channel.example.org/",
    get looks() {
      return looks
    },
    downloads,
    offer: (next) => {
      answer = next
    },
    withhold: (failure) => {
      held = failure
    },
    holdUntil: (time) => {
      valid = time
    },
    validUntil: () => valid,
    latest: async () => {
      looks++
      if (answer instanceof Error) throw answer
      return answer
    },
    download: async (release, path) => {
      if (held !== null) throw held
      downloads.push(release.version)
      await writeFile(path, release.version)
    },
  }
}
