import { useState } from "react"

interface Order {
  readonly first: readonly string[]
  readonly rest: readonly string[]
}

/**
 * Rows in the order and the parts in which they were when they were first seen, with what they say now: the reader asks
 * for what came since, and for the order of now, by `show`.
 */
export function useSteadyRows<T extends { readonly id: string }>(
  items: readonly T[],
  isFirst: (item: T) => boolean,
): { rows: { first: T[]; rest: T[] }; fresh: number; show: () => void } {
  const now = (): Order => ({
    first: items.filter(isFirst).map(({ id }) => id),
    rest: items.filter((item) => !isFirst(item)).map(({ id }) => id),
  })
  const [order, setOrder] = useState(now)
  const count = order.first.length + order.rest.length
  // Nobody reads an empty list.
  if (count === 0 && items.length > 0) setOrder(now())
  const byId = new Map(items.map((item) => [item.id, item]))
  const rowsOf = (ids: readonly string[]): T[] => ids.flatMap((id) => byId.get(id) ?? [])
  const known = new Set([...order.first, ...order.rest])
  return {
    rows: { first: rowsOf(order.first), rest: rowsOf(order.rest) },
    fresh: count === 0 ? 0 : items.filter(({ id }) => !known.has(id)).length,
    show: () => setOrder(now()),
  }
}
