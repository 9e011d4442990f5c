import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe } from "vitest"

const missing = ["/usr/bin/python3", "/usr/lib/python3.*/ensurepip"].filter((path) => !isThere(path))
const skipped = missing.length > 0 && process.env["CI"] !== "true"

/** Tests that need Debian's python3 and python3-venv: skipped where they are missing, but failing there in CI. */
export function describeWithPython(name: string, define: () => void): void {
  describe.skipIf(skipped)(`${name}${skipped ? " (skipped: python3 or python3-venv is missing)" : ""}`, define)
}

/** A package that was built. */
export interface BuiltWheel {
  /** Its line for a lock file. */
  line: string
  sha256: string
}

const BUILDER = `
import json, sys, zipfile
path, name, version, files = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
info = f"{name}-{version}.dist-info"
files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
files[f"{info}/RECORD"] = "".join(f"{file},,\\n" for file in [*files, f"{info}/RECORD"])
with zipfile.ZipFile(path, "w") as wheel:
    for file, text in files.items():
        wheel.writestr(file, text)
`

/** Builds a wheel with these files into a folder. */
export function buildWheel(
  folder: string,
  name: string,
  version: string,
  files: Readonly<Record<string, string>>,
): BuiltWheel {
  const path = join(folder, `${name}-${version}-py3-none-any.whl`)
  execFileSync("/usr/bin/python3", ["-c", BUILDER, path, name, version, JSON.stringify(files)])
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex")
  return { line: `${name}==${version} --hash=sha256:${sha256}`, sha256 }
}

function isThere(pattern: string): boolean {
  if (!pattern.includes("*")) return existsSync(pattern)
  const [, minor] = /^Python 3\.(\d+)/.exec(version()) ?? []
  return minor !== undefined && existsSync(pattern.replace("*", minor))
}

function version(): string {
  try {
    return execFileSync("/usr/bin/python3", ["--version"], { encoding: "utf8" })
  } catch {
    return ""
  }
}
