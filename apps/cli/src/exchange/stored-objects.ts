import type { Store } from "@spore/dag"
import type { SignedObject } from "@spore/records"

const PAGE = 500

/** The facts of an export, in the order in which they were stored: ancestors come first. */
export interface StoredObjects {
  /** Ends at what was the newest fact when it began. */
  objects(): AsyncGenerator<SignedObject>
  /** Facts left out so far because this node withholds them. */
  withheld(): number
  /** For progress: the place reached, and the last one. */
  place(): { readonly done: number; readonly total: number }
}

/** @param task only this task's manifest and facts */
export async function storedObjects(store: Store, task: string | null): Promise<StoredObjects> {
  const total = await store.lastSeq()
  let done = 0
  let withheld = 0
  return {
    withheld: () => withheld,
    place: () => ({ done, total }),
    async *objects() {
      const manifest = task === null ? undefined : await store.object(task)
      if (manifest !== undefined && isManifest(manifest)) yield manifest
      while (done < total) {
        const changes = await store.changes(done, PAGE, task ?? undefined)
        const last = changes.at(-1)
        if (last === undefined) break
        for (const { id, seq } of changes) {
          if (seq > total) break
          const object = await store.object(id)
          if (object === undefined) withheld++
          else yield object
        }
        done = last.seq
      }
      done = total
    },
  }
}

/** A task of the 0.6 network without a manifest has the id of its first experiment. */
function isManifest({ kind }: SignedObject): boolean {
  return kind === "task" || kind === "legacy_task"
}
