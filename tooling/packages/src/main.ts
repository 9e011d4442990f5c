import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { installPackages } from "./installation.ts"
import { packWorkspace } from "./pack-workspace.ts"
import { publishedPackages, ROOT } from "./published.ts"
import { serveRegistry } from "./registry/registry.ts"
import { thirdPartyFolders } from "./registry/third-party.ts"
import { treeOf } from "./tree.ts"

// Writes the table of sizes in docs/packages.md anew, of the packages as they are built now.
const DOCUMENT = join(ROOT, "docs/packages.md")
const TABLE = /\| Package[^]*?(?=\n\n)/

const folder = await mkdtemp(join(tmpdir(), "spore-packages-"))
try {
  const packed = join(folder, "packed")
  await mkdir(packed)
  const tarballs = await packWorkspace(packed)
  await using registry = await serveRegistry({
    tarballs: tarballs.map(({ file }) => file),
    folders: thirdPartyFolders(ROOT).values(),
  })
  const packages = Object.fromEntries(tarballs.map(({ name, version }) => [name, version]))
  await installPackages({ folder, registry: registry.url, packages })

  const rows = await Promise.all(
    publishedPackages().map(async ({ manifest: { name, description = "" }, folder: home }) => {
      const tarball = tarballs.find((each) => each.name === name)
      const size = tarball === undefined ? Number.NaN : (await stat(tarball.file)).size
      const tree = await treeOf(folder, name)
      return `| [\`${name}\`](../${home}/README.md) | ${description} | ${megabytes(size)} | ${megabytes(tree.bytes)} | ${tree.packages} |`
    }),
  )
  const head = "| Package | What | Packed, MB | Installed, MB | Packages |\n| --- | --- | ---: | ---: | ---: |"
  const text = await readFile(DOCUMENT, "utf8")
  await writeFile(
    DOCUMENT,
    text.replace(TABLE, () => [head, ...rows].join("\n")),
  )
} finally {
  await rm(folder, { recursive: true })
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(bytes < 1e6 ? 2 : 1)
}
