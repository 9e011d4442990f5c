// Installs a version once and prints how that went: node installer.ts <folder> <archive> <version>
import { isSporeError } from "@spore/records"
import { makeRelease, openVersions } from "./packages.ts"

const [folder = "", archive = "", version = ""] = process.argv.slice(2)
try {
  await openVersions(folder).install(makeRelease(version), archive)
  process.stdout.write("installed\n")
} catch (error) {
  if (!isSporeError(error)) throw error
  process.stdout.write(`${error.code}\n`)
}
