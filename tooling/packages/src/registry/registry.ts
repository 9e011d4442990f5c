import { createHash } from "node:crypto"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { createServer, type ServerResponse } from "node:http"
import { buffer } from "node:stream/consumers"
import { list } from "tar"
import { z } from "zod"
import { tarballOf } from "./tarball.ts"

export interface RegistryInit {
  /** Tarballs, such as those of the workspace. */
  readonly tarballs: readonly string[]
  /** Folders that tarballs are made of when they are asked for. */
  readonly folders: Iterable<string>
}

/** A registry of npm packages on loopback, for as long as it is not closed. */
export interface Registry extends AsyncDisposable {
  readonly url: string
  /** What it was asked for: names of packages, and paths of tarballs. */
  readonly asked: ReadonlySet<string>
  /** Of these, what it does not have. */
  readonly missing: ReadonlySet<string>
}

/** A package.json: of whatever form, handed on as it is. */
const manifestSchema = z.looseObject({ name: z.string(), version: z.string() })
type Manifest = z.infer<typeof manifestSchema>
const addressSchema = z.object({ port: z.number() })

interface Version {
  readonly manifest: Manifest
  /** Made once. */
  readonly bytes: () => Promise<Uint8Array>
}

/** Serves packages to npm over loopback HTTP: what a packument and an installation need, and nothing else. */
export async function serveRegistry({ tarballs, folders }: RegistryInit): Promise<Registry> {
  const packages = new Map<string, Map<string, Version>>()
  const take = (version: Version) => {
    const { name } = version.manifest
    const versions = packages.get(name) ?? new Map<string, Version>()
    packages.set(name, versions.set(version.manifest.version, version))
  }
  for (const folder of folders) {
    const text = await readFile(join(folder, "package.json"), "utf8")
    take({ manifest: manifestSchema.parse(JSON.parse(text)), bytes: onDemand(async () => tarballOf(folder)) })
  }
  for (const file of tarballs) take({ manifest: await packedManifest(file), bytes: onDemand(() => readFile(file)) })

  const asked = new Set<string>()
  const missing = new Set<string>()
  async function answer(path: string, response: ServerResponse): Promise<void> {
    asked.add(path)
    const [name = "", version] = path.split("/-/")
    const versions = packages.get(name)
    const wanted = version === undefined ? undefined : versions?.get(version)
    if (wanted !== undefined) {
      response.end(await wanted.bytes())
    } else if (versions !== undefined && version === undefined) {
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify(await packument(url, name, versions)))
    } else {
      missing.add(path)
      response.writeHead(404).end()
    }
  }
  const server = createServer((request, response) => {
    answer(decodeURIComponent((request.url ?? "/").slice(1)), response).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = addressSchema.parse(server.address())
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    asked,
    missing,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close")
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function packument(url: string, name: string, versions: ReadonlyMap<string, Version>): Promise<unknown> {
  const described = await Promise.all(
    [...versions].map(async ([version, { manifest, bytes }]) => {
      const dist = {
        tarball: `${url}/${name}/-/${version}`,
        integrity: `sha512-${createHash("sha512")
          .update(await bytes())
          .digest("base64")}`,
      }
      return [version, { ...manifest, dist }] as const
    }),
  )
  return { name, "dist-tags": { latest: [...versions.keys()].at(-1) }, versions: Object.fromEntries(described) }
}

async function packedManifest(file: string): Promise<Manifest> {
  let text: Promise<Buffer> | undefined
  await list({
    file,
    onReadEntry(entry) {
      if (entry.path === "package/package.json") text = buffer(entry)
    },
  })
  if (text === undefined) throw new Error(`${file} holds no package.json`)
  return manifestSchema.parse(JSON.parse((await text).toString()))
}

function onDemand<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}
