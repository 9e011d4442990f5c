import type { Box } from "./labels.ts"
import type { Cloud, Surface } from "./surface.ts"

/** Opacity of a cell by how many points lie in it. */
const OPACITY = [0, 0.42, 0.58, 0.68, 0.76, 0.82, 0.88, 0.94, 1]
/** From this many points on, each is a pixel; fewer are a little larger, to be seen at all. */
const FINE = 25_000

/** Width of a ring's line, in CSS pixels. */
const RING = 1.1

/**
 * A canvas as a surface. Clouds are counted into pixels: a hundred thousand points take some milliseconds, where as
 * many paths take a second without a graphics card.
 *
 * @param scale device pixels of a CSS pixel
 */
export function createCanvasSurface(ctx: CanvasRenderingContext2D, scale: number): Surface {
  const scratch = document.createElement("canvas")
  const scratchCtx = scratch.getContext("2d")
  let image: ImageData | undefined
  let counts = new Uint8Array(0)

  function colourOf(colour: string): number {
    // A context gives back what it was told in one form: #rrggbb.
    ctx.fillStyle = colour
    const hex = Number.parseInt(ctx.fillStyle.slice(1, 7), 16)
    const [red, green, blue] = [(hex >> 16) & 255, (hex >> 8) & 255, hex & 255]
    return red | (green << 8) | (blue << 16)
  }

  return {
    pen: ctx,
    clip: (box, draw) => {
      ctx.save()
      ctx.beginPath()
      ctx.rect(box.left, box.top, box.right - box.left, box.bottom - box.top)
      ctx.clip()
      draw()
      ctx.restore()
    },
    shift: (x, y, draw) => {
      ctx.save()
      ctx.translate(x, y)
      draw()
      ctx.restore()
    },
    clouds: (box, clouds) => {
      const width = Math.ceil((box.right - box.left) * scale)
      const height = Math.ceil((box.bottom - box.top) * scale)
      if (scratchCtx === null || width < 1 || height < 1) return
      if (image === undefined || image.width !== width || image.height !== height) {
        scratch.width = width
        scratch.height = height
        image = new ImageData(width, height)
        counts = new Uint8Array(width * height)
      }
      const pixels = new Uint32Array(image.data.buffer)
      pixels.fill(0)
      for (const cloud of clouds) {
        const paint = cloud.kind === "density" ? paintDensity : paintStamps
        paint({ pixels, width, height }, counts, box, scale, cloud, colourOf(cloud.colour))
      }
      scratchCtx.putImageData(image, 0, 0)
      ctx.drawImage(scratch, box.left, box.top, width / scale, height / scale)
    },
  }
}

interface Bitmap {
  readonly pixels: Uint32Array
  readonly width: number
  readonly height: number
}

function paintDensity(
  { pixels, width, height }: Bitmap,
  counts: Uint8Array,
  box: Box,
  scale: number,
  { x, y, indices }: Cloud,
  colour: number,
): void {
  counts.fill(0)
  const shades = OPACITY.map((opacity) => (colour | (Math.round(opacity * 255) << 24)) >>> 0)
  const most = shades.length - 1
  const size = Math.max(1, Math.round((indices.length > FINE ? 1 : 1.75) * scale))
  for (let k = 0; k < indices.length; k++) {
    const index = indices[k] ?? 0
    const left = Math.round(((x[index] ?? 0) - box.left) * scale - size / 2)
    const top = Math.round(((y[index] ?? 0) - box.top) * scale - size / 2)
    if (left < 0 || top < 0 || left + size > width || top + size > height) continue
    for (let row = top; row < top + size; row++) {
      for (let at = row * width + left; at < row * width + left + size; at++) {
        const count = Math.min(most, (counts[at] ?? 0) + 1)
        counts[at] = count
        pixels[at] = shades[count] ?? 0
      }
    }
  }
}

function paintStamps(
  { pixels, width, height }: Bitmap,
  seen: Uint8Array,
  box: Box,
  scale: number,
  { kind, x, y, indices, radius }: Cloud,
  colour: number,
): void {
  seen.fill(0)
  const reach = Math.ceil(radius * scale + 1)
  const mask = stamp(radius * scale, kind === "rings" ? RING * scale : undefined, reach)
  const side = 2 * reach + 1
  for (let k = 0; k < indices.length; k++) {
    const index = indices[k] ?? 0
    const column = Math.round(((x[index] ?? 0) - box.left) * scale)
    const row = Math.round(((y[index] ?? 0) - box.top) * scale)
    const centre = row * width + column
    if (column < reach || row < reach || column + reach >= width || row + reach >= height || seen[centre] === 1)
      continue
    seen[centre] = 1
    for (let i = 0; i < mask.length; i++) {
      const cover = mask[i] ?? 0
      if (cover === 0) continue
      const at = centre + (Math.floor(i / side) - reach) * width + (i % side) - reach
      pixels[at] = blend(pixels[at] ?? 0, colour, cover)
    }
  }
}

/** How much of each pixel a disc covers, or a ring where its line has a width; of 255. */
function stamp(radius: number, ring: number | undefined, reach: number): Uint8Array {
  const side = 2 * reach + 1
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const distance = Math.hypot(Math.floor(i / side) - reach, (i % side) - reach)
    const inside = ring === undefined ? radius - distance : ring / 2 - Math.abs(distance - radius)
    return Math.round(255 * Math.min(1, Math.max(0, inside + 0.5)))
  })
}

/** A pixel (alpha, blue, green, red) under a colour that covers some of it. */
function blend(under: number, colour: number, cover: number): number {
  const alpha = under >>> 24
  if (cover === 255) return (colour | 0xff000000) >>> 0
  if (alpha === 0) return (colour | (cover << 24)) >>> 0
  const mix = (shift: number): number => {
    const below = (under >>> shift) & 255
    return Math.round(below + ((((colour >>> shift) & 255) - below) * cover) / 255)
  }
  const all = Math.min(255, Math.round(alpha + cover * (1 - alpha / 255)))
  return (mix(0) | (mix(8) << 8) | (mix(16) << 16) | (all << 24)) >>> 0
}
