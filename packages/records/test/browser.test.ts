import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { z } from "zod"
import { encodeEnvelope, toHex } from "../src/index.ts"
import { worked } from "./worked-objects.ts"

const entry = new URL("../src/index.ts", import.meta.url).href
const walk = fileURLToPath(new URL("import-graph.ts", import.meta.url))

/** Every module that importing the package's face loads under these conditions. */
async function graph(...flags: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, walk, entry])
  return z.array(z.string()).parse(JSON.parse(stdout))
}

test("nothing a browser loads needs Node", async () => {
  const modules = await graph("--conditions=browser")
  expect(modules.filter((url) => !url.startsWith("file:"))).toEqual([])
  expect(modules.filter((url) => url.endsWith("/native.browser.js"))).toHaveLength(1)
  expect(modules.filter((url) => url.includes("/native.node."))).toEqual([])
  for (const part of [
    "/src/record.ts",
    "/src/verify-pool.ts",
    "/@noble/curves/ed25519.js",
    "/cborg/",
    "/zod/",
    "/multiformats/",
  ]) {
    expect([part, modules.some((url) => url.includes(part))]).toEqual([part, true])
  }
})

test("the pool opens in a browser what Node signed, with ZIP-215 alone", async () => {
  const envelopes = [worked.task, worked.experiment, { ...worked.profile, signature: worked.task.signature }].map(
    (record) => toHex(encodeEnvelope(record)),
  )
  const program = `
    import { createVerifyPool, fromHex } from ${JSON.stringify(entry)}
    let asked = 0
    const maySecondStep = () => ++asked > 0
    const opened = await createVerifyPool().open(${JSON.stringify(envelopes)}.map(fromHex), { maySecondStep })
    console.log(JSON.stringify([asked, ...opened.map(({ id, code }) => id ?? code)]))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=browser",
    "--input-type=module",
    "--eval",
    program,
  ])
  expect(JSON.parse(stdout)).toEqual([3, worked.task.id, worked.experiment.id, "bad_signature"])
})

test("the same walk finds what Node loads from Node", async () => {
  expect(await graph()).toContain("node:crypto")
})
