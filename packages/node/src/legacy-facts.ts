import type { Store } from "@spore/dag"
import { isLegacyKind, legacyCodeLink, type LegacyFacts, type LegacyMark, legacyTypeOf } from "@spore/legacy"
import { CID } from "@spore/records"
import type { ArtifactStore } from "@spore/records/artifacts"
import { z } from "zod"
import { carriedArtifacts } from "./carried-artifacts.ts"
import { VERDICTS } from "./facts.ts"

const PAGE = 500
/** Local key of a peer's mark. */
const MARK = "legacy.mark."

const markSchema: z.ZodType<LegacyMark> = z.object({ at: z.number(), full: z.number(), position: z.number() })

/** The store as the wire of the 0.6 network sees it: its own facts alone, its code as raw blocks. */
export function legacyFacts(store: Store, artifacts: ArtifactStore): LegacyFacts {
  const carried = carriedArtifacts(store, artifacts)
  return {
    receive: async (objects, from) => (await store.ingest(objects, from)).map(({ status }) => VERDICTS[status]),
    page: async (after) => {
      const changes = await store.changes(after, PAGE)
      return {
        entries: changes.flatMap(({ seq, id, kind, created }) =>
          isLegacyKind(kind) ? [{ position: seq, id, type: legacyTypeOf(kind), created }] : [],
        ),
        next: changes.at(-1)?.seq ?? after,
      }
    },
    end: () => store.lastSeq(),
    object: async (id) => {
      const object = await store.object(id)
      if (object === undefined || !isLegacyKind(object.kind)) return undefined
      return { kind: object.kind, payload: object.payload, signature: object.signature }
    },
    code: (digest) => carried.get(linkOf(digest)),
    hasCode: async (digest) => {
      const link = linkOf(digest)
      return (await artifacts.has(link)) || store.isBlocked("artifact", link.toString())
    },
    putCode: (digest, bytes) => carried.put(linkOf(digest), bytes),
    onStored: (listener) => store.onStored(() => listener()),
    mark: async (peer) => {
      const text = await store.getLocal(MARK + peer)
      const mark = text === undefined ? undefined : markSchema.safeParse(JSON.parse(text)).data
      // One from another database under the same name tells nothing.
      return mark === undefined || mark.position > (await store.lastSeq()) ? undefined : mark
    },
    setMark: (peer, mark) => store.setLocal(MARK + peer, JSON.stringify(mark)),
  }
}

function linkOf(digest: string): CID {
  return CID.parse(legacyCodeLink(digest))
}
