import { describe, expect, it } from "vitest"
import { createSeatbeltSandbox } from "../src/index.ts"
import { seatbeltProfile } from "../src/sandbox/seatbelt/profile.ts"

describe("the seatbelt profile", () => {
  const profile = seatbeltProfile({
    readable: ["/opt/node/bin/node", "/private/tmp/job/in"],
    writable: ["/private/tmp/job/out"],
  })
  const rules = profile.trimEnd().split("\n")

  it("refuses what it does not name, and the network by name", () => {
    expect(rules.slice(0, 2)).toEqual(["(version 1)", "(deny default)"])
    expect(rules).toContain("(deny network*)")
    expect(rules.filter((rule) => rule.startsWith("(allow network"))).toEqual([])
  })

  it("lets a job write to its own folders alone", () => {
    const writes = rules.filter((rule) => rule.startsWith("(allow file-write*"))
    expect(writes).toEqual(['(allow file-write* (subpath "/private/tmp/job/out"))'])
  })

  it("shows nothing of the user's: no home, no folder above a job but its name", () => {
    expect(profile).not.toMatch(/subpath "\/(?:Users|private|private\/tmp|private\/tmp\/job)?"/)
    expect(rules.find((rule) => rule.includes("file-read-metadata"))).toContain('(literal "/private/tmp/job")')
  })

  it.each(["/usr/local", "/opt/homebrew"])(
    "shows the programs installed below %s, not their settings and data",
    (at) => {
      const shown = rules.flatMap((rule) =>
        rule.startsWith("(allow file-read* (") || rule.startsWith("(allow process-exec*")
          ? [...rule.matchAll(/\(subpath "([^"]+)"\)/g)].map(([, path = ""]) => path)
          : [],
      )
      const reads = (path: string): boolean => shown.some((folder) => `${path}/`.startsWith(`${folder}/`))
      const names = ["bin", "Cellar", "lib", "opt", "share", "Frameworks"]
      expect(names.map((name) => reads(`${at}/${name}/file`))).toEqual(names.map(() => true))
      const hidden = ["", "etc", "etc/my.cnf", "var", "var/postgres/data", "secret", ".git/config"]
      expect(hidden.filter((path) => reads(`${at}/${path}`))).toEqual([])
      expect(reads("/usr/bin/env")).toBe(true)
      expect(rules.find((rule) => rule.includes("file-read-metadata"))).toContain(`(literal "${at}")`)
    },
  )

  it("balances its parentheses, and quotes what could end a string", () => {
    const odd = seatbeltProfile({ readable: ['/tmp/a")(allow default)("'], writable: ["/tmp/b\\"] })
    expect(odd).toContain(String.raw`(subpath "/tmp/a\")(allow default)(\"")`)
    expect(odd).toContain(String.raw`(subpath "/tmp/b\\")`)
    const outside = odd.replaceAll(/"(?:\\.|[^"\\])*"/g, "")
    expect(outside.split("(").length).toBe(outside.split(")").length)
    expect(outside).not.toContain("allow default")
  })
})

describe.skipIf(process.platform === "darwin")("elsewhere", () => {
  it("there is no seatbelt", () => {
    expect(() => createSeatbeltSandbox()).toThrow(expect.objectContaining({ code: "sandbox_unsupported" }))
  })
})
