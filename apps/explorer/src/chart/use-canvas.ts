import { type Palette, readPalette } from "./palette.ts"
import { type RefObject, useLayoutEffect, useState } from "react"

/** The size of an element without padding and border, as it changes; 0 before it is known. */
export function useSize(ref: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  // Before the first paint, so that what is drawn by it is in that paint.
  useLayoutEffect(() => {
    const element = ref.current
    if (element === null) return
    const measured = (box: DOMRectReadOnly): void => {
      const [width, height] = [Math.floor(box.width), Math.floor(box.height)]
      setSize((old) => (old.width === width && old.height === height ? old : { width, height }))
    }
    measured(element.getBoundingClientRect())
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) measured(entry.contentRect)
    })
    observer.observe(element)
    return () => observer.disconnect()
  }, [ref])
  return size
}

/** What a canvas must be drawn again for: the theme's colours, and the screen's pixels per CSS pixel. */
export interface Appearance {
  readonly palette: Palette
  readonly scale: number
}

/** The appearance of an element, as it changes; null before it is known. */
export function useAppearance(ref: RefObject<Element | null>): Appearance | null {
  const [appearance, setAppearance] = useState<Appearance | null>(null)
  const scale = appearance?.scale ?? globalThis.devicePixelRatio
  useLayoutEffect(() => {
    const read = (): void => {
      if (ref.current !== null) {
        setAppearance({ palette: readPalette(ref.current), scale: globalThis.devicePixelRatio })
      }
    }
    read()
    const changes = [matchMedia("(prefers-color-scheme: dark)"), matchMedia(`(resolution: ${scale}dppx)`)]
    for (const change of changes) change.addEventListener("change", read)
    const chosen = new MutationObserver(read)
    chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] })
    return () => {
      chosen.disconnect()
      for (const change of changes) change.removeEventListener("change", read)
    }
  }, [ref, scale])
  return appearance
}

/** Sizes a canvas for the screen's density and gives its context, in CSS pixels. */
export function prepareCanvas(
  canvas: HTMLCanvasElement | null,
  { width, height, scale }: { width: number; height: number; scale: number },
): CanvasRenderingContext2D | null {
  const ctx = canvas?.getContext("2d") ?? null
  if (canvas === null || ctx === null) return null
  const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(height * scale)]
  // Setting the size, even to the same, clears the canvas and costs a buffer.
  if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
    canvas.width = pixelWidth
    canvas.height = pixelHeight
  }
  ctx.setTransform(scale, 0, 0, scale, 0, 0)
  return ctx
}

/** As prepareCanvas, with nothing on it. */
export function clearedContext(
  canvas: HTMLCanvasElement | null,
  size: { width: number; height: number; scale: number },
): CanvasRenderingContext2D | null {
  const ctx = prepareCanvas(canvas, size)
  ctx?.clearRect(0, 0, size.width, size.height)
  return ctx
}
