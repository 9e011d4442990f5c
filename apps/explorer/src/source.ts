import { createSporeClient, type SporeClient } from "@spore/api/client"
import type { CopyManifest } from "@spore/api/static-client"

/** Where all data comes from: the node that serves the page, or the files of a static copy. */
export let client: SporeClient = createSporeClient(location.origin)

/** What the page is a copy of; null where a node answers. */
export let copy: CopyManifest | null = null

/** Chooses, before anything is shown: the page of a copy says where its files are. */
export async function openSource(): Promise<void> {
  const base = document.querySelector<HTMLMetaElement>('meta[name="spore-copy"]')?.content
  if (base === undefined) return
  const { createStaticClient } = await import("@spore/api/static-client")
  const opened = createStaticClient(new URL(base, document.baseURI).href)
  copy = await opened.manifest()
  client = opened
}
