import { type PointerEvent, type RefObject, useEffect, useLayoutEffect, useRef } from "react"
import { type Range, zoom } from "./range.ts"

/** What a gesture moves: where a stretch lies on the screen. */
export interface Axis {
  readonly range: Range
  readonly whole: Range
  readonly least: number
  /** First and last pixel of the stretch. */
  readonly pixels: readonly [number, number]
  valueAt(x: number): number
  show(range: Range): void
}

interface Finger {
  x: number
  /** What lay below it when the gesture began, and stays there. */
  anchor: number
}

export interface PanZoom {
  onPointerDown(event: PointerEvent<HTMLElement>): void
  /** Whether the pointer is moving the stretch. */
  onPointerMove(event: PointerEvent<HTMLElement>): boolean
  /** Whether the pointer moved the stretch, so that this is no click. */
  onPointerUp(event: PointerEvent<HTMLElement>): boolean
}

/** A pointer that moved less than this has clicked. */
const SLOP = 4

/** Dragging moves the stretch; two fingers, or the wheel with Ctrl or Cmd, zoom around what they point at. */
export function usePanZoom(frame: RefObject<HTMLElement | null>, axis: Axis | null): PanZoom {
  const latest = useRef(axis)
  useLayoutEffect(() => {
    latest.current = axis
  }, [axis])
  const fingers = useRef(new Map<number, Finger>())
  const isMoving = useRef(false)

  useEffect(() => {
    const element = frame.current
    if (element === null) return
    const onWheel = (event: WheelEvent): void => {
      const now = latest.current
      if (now === null) return
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        const x = event.clientX - element.getBoundingClientRect().left
        now.show(zoom(now.range, now.valueAt(x), wheelFactor(event), now.whole, now.least))
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) && isPart(now)) {
        event.preventDefault()
        const perPixel = (now.range[1] - now.range[0]) / (now.pixels[1] - now.pixels[0])
        now.show(shifted(now.range, event.deltaX * perPixel))
      }
    }
    // React listens to wheels passively, which cannot keep the page from zooming.
    element.addEventListener("wheel", onWheel, { passive: false })
    return () => element.removeEventListener("wheel", onWheel)
  }, [frame])

  const anchorAll = (): void => {
    for (const finger of fingers.current.values()) finger.anchor = latest.current?.valueAt(finger.x) ?? 0
  }
  return {
    onPointerDown: (event) => {
      if (event.button !== 0) return
      if (fingers.current.size === 0) isMoving.current = false
      fingers.current.set(event.pointerId, { x: xOf(event), anchor: 0 })
      anchorAll()
    },
    onPointerMove: (event) => {
      const finger = fingers.current.get(event.pointerId)
      const now = latest.current
      if (finger === undefined || now === null) return false
      const x = xOf(event)
      if (!isMoving.current) {
        if (Math.abs(x - finger.x) < SLOP) return false
        isMoving.current = true
        event.currentTarget.setPointerCapture(event.pointerId)
      }
      finger.x = x
      const [first, second] = [...fingers.current.values()]
      if (first !== undefined && second !== undefined) now.show(stretched(now, first, second))
      else now.show(shifted(now.range, finger.anchor - now.valueAt(x)))
      return true
    },
    onPointerUp: (event) => {
      const moved = isMoving.current
      fingers.current.delete(event.pointerId)
      anchorAll()
      return moved
    },
  }
}

function xOf(event: PointerEvent<HTMLElement>): number {
  return event.clientX - event.currentTarget.getBoundingClientRect().left
}

function shifted([from, to]: Range, by: number): Range {
  return [from + by, to + by]
}

function isPart({ range, whole }: Axis): boolean {
  return range[1] - range[0] < (whole[1] - whole[0]) * 0.999
}

/** The stretch in which both fingers lie on what they lay on. */
function stretched({ range, pixels }: Axis, a: Finger, b: Finger): Range {
  const distance = b.x - a.x
  const perPixel = (b.anchor - a.anchor) / distance
  // Fingers that cross, or lie on each other, say nothing.
  if (Math.abs(distance) < 8 || !(perPixel > 0)) return range
  const from = a.anchor - (a.x - pixels[0]) * perPixel
  return [from, from + (pixels[1] - pixels[0]) * perPixel]
}

/** A notch of a wheel is a quarter; a pinch on a touchpad comes in many small turns. */
function wheelFactor({ deltaY, deltaMode }: WheelEvent): number {
  const pixels = deltaMode === WheelEvent.DOM_DELTA_LINE ? deltaY * 33 : deltaY
  const isPinch = Math.abs(pixels) < 40
  return 2 ** -Math.min(1, Math.max(-1, pixels * (isPinch ? 0.02 : 0.0035)))
}
