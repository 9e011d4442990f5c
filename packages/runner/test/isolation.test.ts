import { testChecks } from "./checks.ts"
import { describeIsolated } from "./isolated.ts"
import { isolationChecks } from "./suite/isolation.ts"

describeIsolated("the wall around a job", (sandbox) => {
  testChecks(isolationChecks, sandbox, { concurrent: true })
})
