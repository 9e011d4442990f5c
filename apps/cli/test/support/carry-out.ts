import { silentLogger } from "@spore/records"
import { carryOut } from "../../src/updates/instructions.ts"

// Carries out a copy, for a test that kills it: says what it does, and ends.
const [packageFolder = "", dataDir = ""] = process.argv.slice(2)
await carryOut({
  version: "1.1.0",
  instructions: [{ do: "copy_workspace", from: "many", to: "many" }],
  packageFolder,
  dataDir,
  phase: (text) => void process.stdout.write(`${text}\n`),
  log: silentLogger,
})
