import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, test } from "vitest"
import { z } from "zod"
import { vectors } from "./fixtures.ts"

const entry = new URL("../src/proof.ts", import.meta.url).href

test("a browser checks what 0.6 signed, and loads nothing of Node for it", async () => {
  const [vector] = vectors.records
  if (vector === undefined) throw new Error("no vector")
  const { canonical_b64: payload, id, signature } = vector
  const program = `
    import { registerHooks } from "node:module"
    const urls = new Set()
    const hooks = registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context)
        urls.add(resolved.url)
        return resolved
      },
    })
    const { parseLegacy, verifyLegacySignatureAsync } = await import(${JSON.stringify(entry)})
    hooks.deregister()
    const signature = Uint8Array.fromHex(${JSON.stringify(signature)})
    const object = parseLegacy("legacy_experiment", Uint8Array.fromBase64(${JSON.stringify(payload)}), signature)
    const isValid = await verifyLegacySignatureAsync(object.publicKey, object.payload, signature)
    signature[40] ^= 1
    const isForged = await verifyLegacySignatureAsync(object.publicKey, object.payload, signature)
    console.log(JSON.stringify({ id: object.id, isValid, isForged, urls: [...urls] }))`
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--conditions=browser",
    "--input-type=module",
    "--eval",
    program,
  ])
  const schema = z.object({ id: z.string(), isValid: z.boolean(), isForged: z.boolean(), urls: z.array(z.string()) })
  const { urls, ...checked } = schema.parse(JSON.parse(stdout))
  expect(checked).toEqual({ id, isValid: true, isForged: false })
  expect(urls.filter((url) => !url.startsWith("file:"))).toEqual([])
  expect(urls.some((url) => url.endsWith("/native.browser.js"))).toBe(true)
})
