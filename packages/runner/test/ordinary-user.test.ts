import { execFile, spawn } from "node:child_process"
import { mkdtemp, open, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { text } from "node:stream/consumers"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { describeIsolated } from "./isolated.ts"

const reportSchema = z.object({ name: z.string(), result: z.string(), detail: z.string() })
/** Has nothing to say of a sandbox, and is to be found by a job that looks for what its parents left open. */
const LEAKED_FILE = "/etc/passwd"
const LEAKED_FD = 20
const isRoot = process.getuid?.() === 0
const root = join(import.meta.dirname, "../../..")

/** Binds the checkout and Node where everybody can reach them, in a mount namespace of its own, and drops root. */
const AS_NOBODY = `
mount -t tmpfs -o mode=755 spore /sys &&
mount -o bind,X-mount.mkdir "$1" /sys/checkout &&
mount -o bind,X-mount.mkdir "$(dirname "$2")" /sys/node &&
exec setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH=/usr/bin:/bin TMPDIR="$3" "/sys/node/$(basename "$2")" "/sys/checkout/$4"
`

// as an ordinary user the other test files are this already
describe.runIf(isRoot)("root", () => {
  describeIsolated("for an ordinary user", () => {
    it("holds all that holds for root", async ({ annotate }) => {
      const folder = await mkdtemp("/tmp/spore-nobody-")
      await promisify(execFile)("/bin/chown", ["65534", folder])
      await using leaked = await open(LEAKED_FILE)
      try {
        const reports = await runSuite(folder, leaked.fd)
        for (const { name, result, detail } of reports) {
          if (result === "host forbids") await annotate(`host forbids it: ${name}: ${detail}`)
        }
        const passed = new Set([
          "holds",
          "stopped",
          "host forbids",
          ...(process.env["CI"] === "true" ? [] : ["skipped"]),
        ])
        expect(reports.filter(({ result }) => !passed.has(result))).toEqual([])
        expect(reports.length).toBeGreaterThan(100)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }, 600_000)
  })
})

/** Runs all checks as nobody, in a process that inherited an open file. */
async function runSuite(folder: string, leaked: number): Promise<z.infer<typeof reportSchema>[]> {
  const program = relative(root, join(import.meta.dirname, "suite/main.ts"))
  const namespace = ["--mount", "--propagation", "private", "/bin/sh", "-c", AS_NOBODY, "sh"]
  const suite = spawn("/usr/bin/unshare", [...namespace, root, process.execPath, folder, program], {
    stdio: ["ignore", "pipe", "inherit", ...Array.from({ length: LEAKED_FD - 3 }, () => "ignore" as const), leaked],
  })
  const printed = suite.stdout === null ? "" : await text(suite.stdout)
  return printed
    .trim()
    .split("\n")
    .map((line) => reportSchema.parse(JSON.parse(line)))
}
