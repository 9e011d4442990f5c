/** A process to be killed while it prepares an environment. Arguments: the folder, that of the wheels, the lock. */
import { createEnvironments, findPython, probeSandboxes } from "../../src/index.ts"

const [folder = "", wheels = "", lock = ""] = process.argv.slice(2)
const { sandbox } = await probeSandboxes()
if (sandbox === null) throw new TypeError("no sandbox")
const environments = createEnvironments({
  folder,
  sandbox,
  python: findPython(),
  pipArguments: ["--no-index", "--find-links", wheels],
})
await environments.prepare({ lock, systemPackages: false })
