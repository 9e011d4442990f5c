import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** Small files that run for half a minute and more. */
const LONG = [
  "packages/dag/test/compliance/postgres.test.ts",
  "packages/dag/test/kill.test.ts",
  "packages/research/test/agent/agent.test.ts",
  "packages/research/test/agent/ordinary-user.test.ts",
  "packages/runner/test/ordinary-user.test.ts",
  "tooling/soak/test/soak.test.ts",
]

/** Vitest begins with the largest files: long runs of small ones would be left for the end, beside idle workers. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- the sequencer's own
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

function isLong({ moduleId }: TestSpecification): boolean {
  return LONG.some((path) => moduleId.endsWith(path))
}

export default defineConfig({
  test: {
    include: ["{packages,apps,tooling}/*/test/**/*.test.{ts,tsx}"],
    // Real processes and sockets on two busy cores: bounds are generous, nothing asserts a duration.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
  },
})
