import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { join, relative } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { z } from "zod"
import { describeIsolated } from "./isolated.ts"

const checkSchema = z.object({ name: z.string(), error: z.string().nullable() })
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
    it("holds all that holds for root", async () => {
      const folder = await mkdtemp("/tmp/spore-nobody-")
      await promisify(execFile)("/bin/chown", ["65534", folder])
      const program = relative(root, join(import.meta.dirname, "suite/main.ts"))
      const namespace = ["--mount", "--propagation", "private", "/bin/sh", "-c", AS_NOBODY, "sh"]
      try {
        const args = [...namespace, root, process.execPath, folder, program]
        const { stdout } = await promisify(execFile)("/usr/bin/unshare", args)
        const checks = stdout
          .trim()
          .split("\n")
          .map((line) => checkSchema.parse(JSON.parse(line)))
        expect(checks.filter(({ error }) => error !== null)).toEqual([])
        expect(checks.length).toBeGreaterThan(40)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }, 300_000)
  })
})
