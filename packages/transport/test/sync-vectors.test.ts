import { readFile } from "node:fs/promises"
import { expect, it } from "vitest"
import { z } from "zod"
import { type SessionVector, sessionVectors } from "./session-vectors.ts"

it("has its sessions in vectors/negentropy, message by message", async () => {
  const file = await readFile(new URL("../../../vectors/negentropy/sessions.json", import.meta.url), "utf8")
  const { sessions } = z.object({ sessions: z.array(z.unknown()) }).parse(JSON.parse(file))
  expect(sessions).toEqual(await sessionVectors())
})

it("has the same messages in the specification", async () => {
  const text = await readFile(new URL("../../../docs/spec/11-reconciliation.md", import.meta.url), "utf8")
  const sessions = await sessionVectors()
  const named = (name: string): SessionVector | undefined => sessions.find((session) => session.name === name)
  const [equal, first] = [named("equal"), named("first load")]
  const shown = [...(equal?.asked ?? []), ...(equal?.answered ?? []), first?.asked[1], first?.answered[1]]
  expect(shown).toHaveLength(5)
  for (const message of shown) {
    expect(text.replaceAll(/\s/g, "")).toContain(message)
  }
})
