/**
 * What ids stand for, read from a SQLite database without the rest of the store: in milliseconds, for programs that
 * answer between two keys.
 *
 * @packageDocumentation
 */
import { DatabaseSync } from "node:sqlite"

/** An id and what it is called by whoever signed it. */
export interface Named {
  readonly id: string
  readonly name: string
  /** Of a task; empty for experiments. */
  readonly description: string
}

/**
 * The most active tasks.
 *
 * @param path of an existing database; nothing in it changes
 * @throws Error of node:sqlite where it cannot be read, or has another layout
 */
export function taskNames(path: string, limit: number): Named[] {
  const order = "authors desc, experiments desc, id"
  return read(path, `select id, name, description from tasks order by ${order} limit ?`, limit)
}

/** The experiments stored last, by their titles; as `taskNames`. */
export function experimentTitles(path: string, limit: number): Named[] {
  return read(path, "select id, title as name, '' as description from experiments order by seq desc limit ?", limit)
}

function read(path: string, query: string, limit: number): Named[] {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const rows = database.prepare(query).all(limit)
    return rows.map(({ id, name, description }) => ({
      id: String(id),
      name: String(name),
      description: String(description),
    }))
  } finally {
    database.close()
  }
}
