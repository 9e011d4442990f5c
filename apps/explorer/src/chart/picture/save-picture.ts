import { fileName, saveFile } from "../../lib/download.ts"
import { createCanvasSurface } from "../canvas-surface.ts"
import { composePicture, type Picture } from "./picture.ts"
import { createSvgSurface } from "./svg-surface.ts"

export type PictureFormat = "png" | "svg"

/** Pixels of a picture for each of the screen. */
const SCALE = 2

/**
 * Saves a picture as a file.
 *
 * @param name what the file's name says besides the date
 */
export async function savePicture(picture: Picture, format: PictureFormat, name: readonly string[]): Promise<void> {
  const canvas = document.createElement("canvas")
  const ctx = canvas.getContext("2d")
  if (ctx === null) return
  const measure = (text: string, font: string): number => {
    ctx.font = font
    return ctx.measureText(text).width
  }
  const { width, height, paint } = composePicture(picture, measure)
  let file: Blob | null
  if (format === "svg") {
    const surface = createSvgSurface({ width, height }, measure)
    paint(surface)
    file = new Blob([surface.finish()], { type: "image/svg+xml" })
  } else {
    canvas.width = width * SCALE
    canvas.height = height * SCALE
    ctx.setTransform(SCALE, 0, 0, SCALE, 0, 0)
    paint(createCanvasSurface(ctx, SCALE))
    file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"))
  }
  if (file !== null) saveFile(fileName(name, format, new Date()), file)
}
