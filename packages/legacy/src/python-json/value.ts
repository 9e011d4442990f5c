/**
 * A JSON value as Python's json module knows it: a `bigint` is Python's int, a `number` its float, so that `1` and
 * `1.0` stay apart. Objects are maps, so that no key is special.
 */
export type PyJson = null | boolean | string | bigint | number | PyJson[] | PyObject

export type PyObject = Map<string, PyJson>

/** The object with these fields, in their order. */
export function pyObject(fields: Readonly<Record<string, PyJson>>): PyObject {
  return new Map(Object.entries(fields))
}
