import { messageOf, SporeError } from "@spore/records"
import type { StoreErrorCode } from "../store.ts"

// Primary result codes of SQLite: https://sqlite.org/rescode.html
const [IOERR, CORRUPT, FULL, NOTADB] = [10, 11, 13, 26]
// https://www.postgresql.org/docs/current/errcodes-appendix.html
const POSTGRES_FULL = "53100"
const POSTGRES_CORRUPT = ["XX001", "XX002"]

/** Names what a database says of its disk or its files; any other error stays as it is. */
export function databaseError(error: unknown, name: string): unknown {
  if (error instanceof SporeError) return error
  const primary = numberAt(error, "errcode") & 0xff
  const state = textAt(error, "code")
  if (primary === FULL || state === POSTGRES_FULL || (primary === IOERR && /ENOSPC|full/.test(messageOf(error)))) {
    return new SporeError<StoreErrorCode>("database_full", `no room left for the database ${name}`, {
      cause: error,
      next: "free some room on its disk; what was acknowledged is stored, and what was not comes again",
    })
  }
  if (primary === CORRUPT || primary === NOTADB || POSTGRES_CORRUPT.includes(state)) {
    return new SporeError<StoreErrorCode>("database_damaged", `the database ${name} is damaged: ${messageOf(error)}`, {
      cause: error,
      next: `move ${name} away and start again; facts come back from peers or by \`spore import\`, and your key and artifacts are not in it`,
    })
  }
  return error
}

/** The error of who changes nothing and meets a database as another release left it. */
export function outdated(message: string): SporeError<StoreErrorCode> {
  return new SporeError("database_outdated", message, {
    next: "spore status, or spore run, brings it to this release; where a node runs on it: spore restart",
  })
}

function numberAt(error: unknown, key: string): number {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined
  return typeof value === "number" ? value : 0
}

function textAt(error: unknown, key: string): string {
  const value: unknown = typeof error === "object" && error !== null ? Reflect.get(error, key) : undefined
  return typeof value === "string" ? value : ""
}
