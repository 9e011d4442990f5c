import { mkdir, rename } from "node:fs/promises"
import { join } from "node:path"
import { backup, DatabaseSync } from "node:sqlite"
import { DATABASE_LAYOUT } from "@spore/dag"
import type { SignedObject } from "@spore/records"
import { dataPaths } from "../../src/paths.ts"

/** The layout that the release to come writes. */
export const LATER_LAYOUT = DATABASE_LAYOUT + 1

/** Does to a database what a release with another layout does as it opens it: a copy first, then the layout. */
export async function openWithLaterRelease(dataDir: string): Promise<void> {
  const { database, backups } = dataPaths(dataDir)
  await mkdir(backups, { recursive: true, mode: 0o700 })
  const file = new DatabaseSync(database)
  const copy = join(backups, `spore-${DATABASE_LAYOUT}.sqlite`)
  await backup(file, `${copy}.draft`)
  await rename(`${copy}.draft`, copy)
  // All that no contract keeps is another.
  file.exec(`
    insert into kysely_migration values ('0099-later', '2027-01-01T00:00:00.000Z');
    create table later (number integer primary key, id text unique, kind text, payload blob, signature blob, shade text);
    insert into later (id, kind, payload, signature) select id, kind, payload, signature from facts order by seq;
    drop table facts; alter table later rename to facts;
    drop table experiments; drop table search; drop table pending; drop table authors; drop table withheld`)
  file.close()
}

/** Changes a database of the later release. */
export function editLater(dataDir: string, edit: (file: DatabaseSync) => void): void {
  const file = new DatabaseSync(dataPaths(dataDir).database)
  edit(file)
  file.close()
}

/** Facts that come while the later release runs. */
export function storeLater(
  dataDir: string,
  facts: readonly Pick<SignedObject, "id" | "kind" | "payload" | "signature">[],
): void {
  editLater(dataDir, (file) => {
    const insert = file.prepare("insert or ignore into facts (id, kind, payload, signature) values (?, ?, ?, ?)")
    for (const { id, kind, payload, signature } of facts) insert.run(id, kind, payload, signature)
  })
}
