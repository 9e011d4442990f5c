import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["{packages,apps,tooling}/*/test/**/*.test.{ts,tsx}"],
    // Real processes and sockets on two busy cores: bounds are generous, nothing asserts a duration.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 2,
  },
})
