/** A process to be killed while it prepares an environment. Arguments: the folder, the lock, those of pip. */
import { createEnvironments, findPython, probeSandboxes } from "../../src/index.ts"

const [folder = "", lock = "", ...pipArguments] = process.argv.slice(2)
const { sandbox } = await probeSandboxes()
if (sandbox === null) throw new TypeError("no sandbox")
const environments = createEnvironments({
  folder,
  sandbox,
  python: findPython(),
  pipArguments,
})
await environments.prepare({ lock, systemPackages: false })
