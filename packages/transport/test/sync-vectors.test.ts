import { readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import { z } from "zod"
import { sessionVectors } from "./session-vectors.ts"

it("has its sessions in vectors/negentropy, message by message", async () => {
  const file = await readFile(new URL("../../../vectors/negentropy/sessions.json", import.meta.url), "utf8")
  const { sessions } = z.object({ sessions: z.array(z.unknown()) }).parse(JSON.parse(file))
  expect(sessions).toEqual(await sessionVectors())
})

it("has the same session in the specification", async () => {
  const text = await readFile(new URL("../../../docs/spec/11-reconciliation.md", import.meta.url), "utf8")
  const [equal] = await sessionVectors()
  for (const message of [...(equal?.asked ?? []), ...(equal?.answered ?? [])]) {
    expect(text.replaceAll(/\s/g, "")).toContain(message)
  }
})
