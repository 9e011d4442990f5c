import { z } from "zod"

/** Why a request was not answered (RFC 9457). `code` is stable; the words are for people. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: string
  /** What can be done about it, where that is known. */
  next: string | null
  /** With `ambiguous_id`: the first of the ids meant, at most 10. */
  candidates?: string[] | undefined
}

export const problemSchema: z.ZodType<Problem> = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.string(),
    next: z.string().nullable(),
    candidates: z
      .array(z.string())
      .optional()
      .meta({ description: "With ambiguous_id: the first of the ids meant, at most 10" }),
  })
  .meta({ id: "Problem" })
