import { NO_VERSIONS, type Versions, type VersionState } from "@spore/operator"
import { SporeError } from "@spore/records"

/** Versions in memory, without files. */
export interface FakeVersions extends Versions {
  readonly installed: string[]
  set(changes: Partial<VersionState>): void
  /** What `install` fails by. */
  failBy(error: Error | null): void
}

export function fakeVersions(): FakeVersions {
  const installed: string[] = []
  let state: VersionState = NO_VERSIONS
  let failure: Error | null = null
  const unasked = (): Promise<never> => Promise.reject(new Error("not asked for"))
  return {
    installed,
    set: (changes) => {
      state = { ...state, ...changes }
    },
    failBy: (error) => {
      failure = error
    },
    read: async () => state,
    entryOf: async (version) => {
      if (!installed.includes(version)) throw new SporeError("version_missing", `version ${version} is not installed`)
      return `/versions/${version}/dist/cli.js`
    },
    install: async ({ version }) => {
      if (failure !== null) throw failure
      if (!installed.includes(version)) installed.push(version)
    },
    instructionsOf: unasked,
    beginTrial: unasked,
    takeBackAttempt: unasked,
    accept: unasked,
    reject: unasked,
    rollBack: unasked,
    forgive: unasked,
  }
}
