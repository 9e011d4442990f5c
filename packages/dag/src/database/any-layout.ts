import { DatabaseSync } from "node:sqlite"
import type { Block } from "../store.ts"

/** A stored fact as it was signed; the payload is empty where it is withheld. */
export interface StoredParts {
  readonly id: string
  readonly kind: string
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

/**
 * What every layout of an SQLite database keeps, older and newer than this release's: `facts(id, kind, payload,
 * signature)`, `blocked(scope, value, reason, since)` since layout 2, `local(key, value)`.
 */
export interface AnyLayout {
  /** The number of its migrations; null where it is no database of facts. */
  readonly layout: number | null
  /** All facts, in the order in which they were stored. */
  facts(): Generator<readonly StoredParts[]>
  blocks(): readonly Block[]
  locals(): ReadonlyMap<string, string>
  close(): void
}

const CHUNK = 512

/** Opens a database to be read, whatever release wrote it. */
export function openAnyLayout(path: string): AnyLayout {
  const file = new DatabaseSync(path, { readOnly: true })
  return {
    layout: layoutOf(file),
    facts: function* () {
      const page = file.prepare(
        `select rowid as place, id, kind, payload, signature from facts where rowid > ? order by rowid limit ${CHUNK}`,
      )
      for (let after = 0; ;) {
        const rows = page.all(after)
        const last = rows.at(-1)
        if (last === undefined) return
        yield rows.map(partsOf)
        after = Number(last["place"])
      }
    },
    blocks: () =>
      hasTable(file, "blocked")
        ? file.prepare("select scope, value, reason, since from blocked").all().flatMap(blockOf)
        : [],
    locals: () =>
      new Map(
        file
          .prepare("select key, value from local")
          .all()
          .map(({ key, value }) => [String(key), String(value)]),
      ),
    close: () => file.close(),
  }
}

/** The number of migrations of a database; null where it has no layout yet. */
export function layoutOf(file: DatabaseSync): number | null {
  if (!hasTable(file, "kysely_migration")) return null
  return Number(file.prepare("select count(*) as layout from kysely_migration").get()?.["layout"])
}

function hasTable(file: DatabaseSync, name: string): boolean {
  return file.prepare("select 1 from sqlite_schema where type = 'table' and name = ?").get(name) !== undefined
}

type Row = Readonly<Record<string, unknown>>

function partsOf({ id, kind, payload, signature }: Row): StoredParts {
  return { id: String(id), kind: String(kind), payload: bytesOf(payload), signature: bytesOf(signature) }
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}

/** Scopes of a later release mean nothing to this one. */
function blockOf({ scope, value, reason, since }: Row): Block[] {
  if (scope !== "id" && scope !== "author" && scope !== "task" && scope !== "artifact") return []
  return [{ scope, value: String(value), reason: String(reason), since: Number(since) }]
}
