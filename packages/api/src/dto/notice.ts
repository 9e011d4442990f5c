import { z } from "zod"

/** Something the keeper of the node should know. */
export interface Notice {
  code: string
  message: string
  next: string | null
}

export const noticeSchema: z.ZodType<Notice> = z
  .object({ code: z.string(), message: z.string(), next: z.string().nullable() })
  .meta({ id: "Notice" })
