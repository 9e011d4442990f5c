import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { sandboxProblem } from "./sandbox-problem.ts"

const reportSchema = z.object({ name: z.string(), failure: z.string().nullable() })
const isRoot = process.getuid?.() === 0
const root = join(import.meta.dirname, "../../../..")

/** Binds the checkout and Node where everybody can reach them, in a mount namespace of its own, and drops root. */
const AS_NOBODY = `
mount -t tmpfs -o mode=755 spore /sys &&
mount -o bind,X-mount.mkdir "$1" /sys/checkout &&
mount -o bind,X-mount.mkdir "$(dirname "$2")" /sys/node &&
exec setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH=/usr/bin:/bin TMPDIR="$3" "/sys/node/$(basename "$2")" "/sys/checkout/$4"
`

// as an ordinary user the other test file is this already
describe.runIf(isRoot && sandboxProblem === null)("an ordinary user", () => {
  it("asks agents as root does", { timeout: 300_000 }, async () => {
    const folder = await mkdtemp("/tmp/spore-nobody-")
    await promisify(execFile)("/bin/chown", ["65534", folder])
    try {
      const program = relative(root, join(import.meta.dirname, "main.ts"))
      const namespace = ["--mount", "--propagation", "private", "/bin/sh", "-c", AS_NOBODY, "sh"]
      const args = [...namespace, root, process.execPath, folder, program]
      const { stdout } = await promisify(execFile)("/usr/bin/unshare", args)
      const reports = stdout
        .trim()
        .split("\n")
        .map((line) => reportSchema.parse(JSON.parse(line)))
      expect(reports.filter(({ failure }) => failure !== null)).toEqual([])
      expect(reports.length).toBeGreaterThan(40)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
