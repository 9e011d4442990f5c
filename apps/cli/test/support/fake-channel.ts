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
}

export function fakeChannel(first: Release | Error): FakeChannel {
  let answer = first
  let looks = 0
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
    latest: async () => {
      looks++
      if (answer instanceof Error) throw answer
      return answer
    },
    download: async (release, path) => {
      downloads.push(release.version)
      await writeFile(path, release.version)
    },
  }
}
