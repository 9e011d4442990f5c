import type { ReactNode } from "react"
import styles from "./chart-tools.module.css"
import type { PictureFormat } from "./picture/save-picture.ts"

export interface ZoomTools {
  readonly isZoomed: boolean
  readonly onZoom: (way: 1 | -1) => void
  readonly onWhole: () => void
}

/** What can be done to a chart. */
export function ChartTools({ zoom, onSave }: { zoom?: ZoomTools; onSave: (format: PictureFormat) => void }): ReactNode {
  return (
    <>
      {zoom !== undefined && (
        <div className={styles.group} role="group" aria-label="Zoom">
          <button type="button" aria-label="Zoom out" disabled={!zoom.isZoomed} onClick={() => zoom.onZoom(-1)}>
            −
          </button>
          <button type="button" aria-label="Zoom in" onClick={() => zoom.onZoom(1)}>
            +
          </button>
          <button type="button" disabled={!zoom.isZoomed} onClick={zoom.onWhole}>
            whole search
          </button>
        </div>
      )}
      <div className={styles.group} role="group" aria-label="Save this picture">
        <button type="button" onClick={() => onSave("png")}>
          PNG
        </button>
        <button type="button" onClick={() => onSave("svg")}>
          SVG
        </button>
      </div>
    </>
  )
}
