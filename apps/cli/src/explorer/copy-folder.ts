import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { type CopySink, copyPage } from "@spore/api/copy"
import { hasErrorCode, messageOf } from "@spore/records"
import { cliError } from "../errors.ts"
import { explorerDir } from "./bundle.ts"

/** The folder that a copy is written to. */
export interface CopyFolder {
  readonly sink: CopySink
  /** Writes the explorer's pages, which makes the folder a site. */
  finish(): Promise<void>
  /** What was written so far. */
  readonly written: { readonly files: number; readonly bytes: number }
}

/**
 * Makes the folder where there is none. Nothing is ever deleted.
 *
 * @param force write into a folder that holds something; files of the same names are replaced
 * @throws SporeError `file_unusable`
 */
export async function openCopyFolder(folder: string, force: boolean): Promise<CopyFolder> {
  if (!force && !(await isEmpty(folder))) {
    throw cliError("file_unusable", `${folder} is not empty`, {
      next: "give a new folder, or --force to write into this one: what is in it stays, unless a file of the copy replaces it",
    })
  }
  const folders = new Set<string>()
  let files = 0
  let bytes = 0

  const put = (path: string, content: string): Promise<void> =>
    orUnusable(folder, async () => {
      const file = join(folder, path)
      const parent = dirname(file)
      if (!folders.has(parent)) await mkdir(parent, { recursive: true })
      folders.add(parent)
      await writeFile(file, content)
      files++
      bytes += Buffer.byteLength(content)
    })

  return {
    sink: { write: (path, content) => put(`data/${path}`, content) },
    finish: async () => {
      const pages = explorerDir()
      await orUnusable(folder, async () => {
        for (const name of await readdir(pages)) {
          // The page that a node serves, for paths that a server of files does not know.
          if (name === "index.html" || name === "copy.html") continue
          await cp(join(pages, name), join(folder, name), { recursive: true })
        }
      })
      // GitHub Pages would leave out what begins with an underscore.
      await put(".nojekyll", "")
      await put("index.html", copyPage(await readFile(join(pages, "copy.html"), "utf8")))
    },
    get written() {
      return { files, bytes }
    },
  }
}

async function isEmpty(folder: string): Promise<boolean> {
  try {
    return (await readdir(folder)).length === 0
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return true
    throw cliError("file_unusable", `cannot write to ${folder}: ${messageOf(error)}`, { cause: error })
  }
}

async function orUnusable<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw cliError("file_unusable", `cannot write to ${folder}: ${messageOf(error)}`, {
      cause: error,
      next: "see that there is room, and that this user may write there",
    })
  }
}
