/** Prints the URLs of all modules that importing its argument loads, as JSON. */
import { registerHooks } from "node:module"

const entry = process.argv[2]
if (entry === undefined) throw new Error("expected the URL of a module")

const urls = new Set<string>()
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context)
    urls.add(resolved.url)
    return resolved
  },
})
await import(entry)
hooks.deregister()
process.stdout.write(JSON.stringify([...urls]))
