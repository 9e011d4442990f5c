import { OpenAPIHono } from "@hono/zod-openapi"
import type { BlankEnv } from "hono/types"
import { z } from "zod"
import { type Problem, problemSchema } from "../dto/index.ts"
import { apiError } from "../errors.ts"
import { problemResponse } from "../problems.ts"

/** The `responses` of a route that answers with `schema` or with a problem. */
export type Answers<T> = {
  200: { description: string; content: { "application/json": { schema: z.ZodType<T> } } }
  default: { description: string; content: { "application/problem+json": { schema: z.ZodType<Problem> } } }
}

export function answers<T>(schema: z.ZodType<T>, description: string): Answers<T> {
  return {
    200: { description, content: { "application/json": { schema } } },
    default: {
      description: "Why it was not answered",
      content: { "application/problem+json": { schema: problemSchema } },
    },
  }
}

export type Router = OpenAPIHono<BlankEnv>

/** An app whose failed validations are problems. */
export function createRouter(): Router {
  return new OpenAPIHono<BlankEnv>({
    defaultHook: (result: { success: boolean; error?: z.ZodError }) => {
      if (result.success) return
      const issue = result.error?.issues[0]
      return problemResponse(
        apiError("bad_request", `${issue?.path.join(".") ?? "request"}: ${issue?.message ?? "invalid"}`),
      )
    },
  })
}

const limit: z.ZodType<number | undefined, string | undefined> = z
  .string()
  .regex(/^\d{1,3}$/, "expected a number from 1 to 500")
  .transform(Number)
  .refine((n) => n >= 1 && n <= 500, "expected a number from 1 to 500")
  .optional()
const cursor: z.ZodType<string | undefined> = z.string().max(512).optional()

/** Query fields of every list. */
export const pageQuery: { limit: typeof limit; cursor: typeof cursor } = { limit, cursor }

/** A yes-or-no query field. */
export const flagQuery: z.ZodType<boolean | undefined, "true" | "false" | undefined> = z
  .enum(["true", "false"])
  .transform((text) => text === "true")
  .optional()

/** A whole number in a query or path. */
export const numberText: z.ZodType<number, string> = z
  .string()
  .regex(/^\d{1,15}$/, "expected a whole number")
  .transform(Number)

/** Path parameter: an id or a unique prefix of one. */
export const idParams: z.ZodObject<{ id: z.ZodString }> = z.object({ id: z.string().min(1).max(128) })

/** The page request that the store understands. */
export function pageRequest(query: { limit?: number | undefined; cursor?: string | undefined }): {
  limit?: number
  cursor?: string
} {
  return {
    ...(query.limit === undefined ? {} : { limit: query.limit }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
  }
}
