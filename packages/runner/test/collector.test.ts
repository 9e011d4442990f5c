import { testChecks } from "./checks.ts"
import { describeIsolated } from "./isolated.ts"
import { collectorChecks } from "./suite/collector.ts"

describeIsolated("what a job leaves", (sandbox) => {
  testChecks(collectorChecks, sandbox, { concurrent: true })
})
