import type { Kysely } from "kysely"
import type { Migration } from "kysely/migration"
import type { Dialect } from "../dialect.ts"

/** Standard error and noise beside each value, and lists of reruns and control facts by their author. */
export function noiseColumns({ types: { real, integer } }: Dialect): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      for (const [name, type] of [
        ["error", real],
        ["noise", real],
        ["freedom", integer],
      ] as const) {
        await db.schema.alterTable("experiments").addColumn(name, type).execute()
      }
    },
  }
}
