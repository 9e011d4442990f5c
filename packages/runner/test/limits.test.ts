import { testChecks } from "./checks.ts"
import { describeIsolated } from "./isolated.ts"
import { limitChecks } from "./suite/limits.ts"

describeIsolated("the limits of a job", (sandbox) => {
  testChecks(limitChecks, sandbox)
})
