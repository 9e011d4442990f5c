/**
 * How an app becomes one package without dependencies: rolldown with what Spore needs beside it.
 *
 * @packageDocumentation
 */
import { join } from "node:path"
import type { RolldownOptions } from "rolldown"
import { fileUrls } from "./file-urls.ts"
import { licenses } from "./licenses.ts"
import { releaseFile } from "./release-file.ts"

export interface BundleInit {
  /** Folder of the app: it holds `package.json`, `src` and, afterwards, `dist`. */
  readonly app: string
  /** Modules in `src` that become `dist/NAME.js`. */
  readonly entries: readonly string[]
  /** Layout of the database that the app writes, for an app that updates itself: it gets a `release.json`. */
  readonly database?: number
}

/** Options for `rolldown -c`: all that the entries import goes to `dist`, and the files that they read to `dist/assets`. */
export function bundle({ app, entries, database }: BundleInit): RolldownOptions {
  return {
    cwd: app,
    input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
    platform: "node",
    // Optional parts of pg, asked for where they are there.
    external: ["pg-native", "cloudflare:sockets"],
    plugins: [fileUrls(app), licenses(), ...(database === undefined ? [] : [releaseFile(app, database)])],
    output: {
      dir: join(app, "dist"),
      cleanDir: true,
      entryFileNames: "[name].js",
      chunkFileNames: "chunks/[name]-[hash].js",
    },
  }
}
