import type { FileTree } from "@spore/records/artifacts"
import { temporaryFolder } from "@spore/testkit"
import { expect, it } from "vitest"
import { syntaxFault } from "../src/syntax.ts"
import { describeIsolated } from "./isolated.ts"

const tree = (files: Record<string, string>): FileTree =>
  new Map(Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)]))

describeIsolated("reading a candidate's syntax", (sandbox) => {
  async function fault(files: Record<string, string>): Promise<string | null> {
    await using folder = await temporaryFolder()
    const init = { sandbox: sandbox(), workDir: folder.path, cpuPercent: 100 }
    return await syntaxFault(init, tree(files), AbortSignal.timeout(60_000))
  }

  it("finds nothing wrong with what can be read, and does not run it", async () => {
    expect(
      await fault({ "a.mjs": "import fs from 'node:fs'\nexport const x = await f()\nthrow new SyntaxError('no')" }),
    ).toBeNull()
    expect(await fault({ "a.py": "import os\nraise SyntaxError('no')\n" })).toBeNull()
    expect(await fault({ "main.rs": "fn main( {", "notes.txt": "x = =" })).toBeNull()
  })

  it("says what is wrong and where", async () => {
    expect(await fault({ "fine.mjs": "x", "dir/b.mjs": "const a = 1\nconst b = = 2\n" })).toBe(
      "dir/b.mjs line 2: SyntaxError: Unexpected token '='",
    )
    expect(await fault({ "a.py": "x = 1\nif x:\ny = 2\n" })).toMatch(
      /^a\.py line 3: IndentationError: expected an indented/,
    )
  })
})
