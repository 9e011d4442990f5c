import { type ReactNode, useEffect, useRef, useState } from "react"

/** From how far outside of the window rows are there: nobody scrolls past it within a frame. */
const MARGIN = "1500px 0px"

/**
 * Rows of a long table that are there only while they are near the window; else one empty row keeps their height. Two
 * thousand rows at once take seconds to lay out and scroll at a tenth of the frames.
 */
export function RowChunk({ columns, children }: { columns: number; children: () => ReactNode }): ReactNode {
  const ref = useRef<HTMLTableSectionElement>(null)
  /** Pixels while they are not there. */
  const [height, setHeight] = useState<number | null>(null)
  useEffect(() => {
    const body = ref.current
    if (body === null) return
    const observer = new IntersectionObserver(
      (entries) => {
        const entry = entries.at(-1)
        if (entry?.isIntersecting === true) setHeight(null)
        // Whoever walks the rows by keyboard does not lose the focus by scrolling on.
        else if (entry !== undefined && !body.contains(document.activeElement)) {
          setHeight(entry.boundingClientRect.height)
        }
      },
      { rootMargin: MARGIN },
    )
    observer.observe(body)
    return () => observer.disconnect()
  }, [])
  return (
    <tbody ref={ref} role="rowgroup">
      {height === null ? (
        children()
      ) : (
        <tr aria-hidden>
          <td colSpan={columns} style={{ height, padding: 0 }} />
        </tr>
      )}
    </tbody>
  )
}
