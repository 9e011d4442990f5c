import { spawn } from "node:child_process"
import { open } from "node:fs/promises"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { z } from "zod"
import { describeIsolated } from "./isolated.ts"

const listingSchema = z.object({ plain: z.string(), job: z.string() })

describeIsolated("descriptors that this process inherited", () => {
  it("do not reach a job", async () => {
    await using folder = await temporaryFolder()
    const secret = join(folder.path, "secret")
    await using file = await open(secret, "w")
    const nothing = Array.from({ length: 17 }, () => "ignore" as const)
    const parent = spawn(process.execPath, [join(import.meta.dirname, "suite/leaky-parent.ts")], {
      stdio: ["ignore", "pipe", "inherit", ...nothing, file.fd],
    })
    const printed = parent.stdout === null ? "" : text(parent.stdout)
    const { plain, job } = listingSchema.parse(JSON.parse(await printed))
    expect(plain).toContain(secret)
    expect(job).not.toContain(secret)
    // what is left: /dev/null, the output's pipe, and the folder that the listing itself reads
    expect(
      job
        .trim()
        .split("\n")
        .filter((target) => !/^(\/dev\/null|pipe:\[\d+\]|\/proc\/\d+\/fd)$/.test(target)),
    ).toEqual([])
  })
})
