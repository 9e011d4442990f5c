import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import type { SporeClient } from "@spore/api/client"
import { z } from "zod"
import { errorResult, resultOf } from "./results.ts"

/** What tools work with. */
export interface ToolHost {
  readonly dataDir: string
  /** Of the node that runs here, else of the data folder. */
  client(): Promise<SporeClient>
}

/** One call of a tool. */
export interface ToolCall extends ToolHost {
  readonly signal: AbortSignal
  /** Tells the agent how far it is. */
  progress(message: string): void
}

export interface ToolInit<Shape extends z.ZodRawShape> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: Shape
  /** Whether it changes something: runs, signs, publishes. */
  readonly acts?: boolean
  /** Whether strangers' words may be in the result; they may unless this says not. */
  readonly foreign?: boolean
  run(args: z.output<z.ZodObject<Shape>>, call: ToolCall): Promise<object>
}

/** A tool that can be given to a server. */
export type Tool = (server: McpServer, host: ToolHost) => void

export function tool<Shape extends z.ZodRawShape>(init: ToolInit<Shape>): Tool {
  const { name, title, description, acts = false, foreign = true } = init
  const input = z.strictObject(init.input)
  const inputSchema: z.ZodType = input
  return (server, host) => {
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema,
        annotations: { title, readOnlyHint: !acts, destructiveHint: false, idempotentHint: !acts, openWorldHint: acts },
      },
      async (args, { signal, sendNotification, _meta }) => {
        let steps = 0
        const token = _meta?.progressToken
        const progress = (message: string): void => {
          if (token === undefined) return
          const params = { progressToken: token, progress: ++steps, message }
          // Who asked may be gone.
          sendNotification({ method: "notifications/progress", params }).catch(() => undefined)
        }
        try {
          return resultOf(await init.run(input.parse(args), { ...host, signal, progress }), foreign)
        } catch (error) {
          return errorResult(error)
        }
      },
    )
  }
}

/** Fields of every list. */
export const PAGE: { limit: z.ZodDefault<z.ZodNumber>; cursor: z.ZodOptional<z.ZodString> } = {
  limit: z.number().int().min(1).max(50).default(20).describe("At most so many, 1 to 50"),
  cursor: z.string().max(512).optional().describe("The next_cursor of the page before"),
}
export const EXPERIMENT: z.ZodString = z
  .string()
  .min(4)
  .max(128)
  .describe("Id of an experiment, the beginning of it, or its short form")
export const TASK: z.ZodString = z.string().min(1).max(128).describe("Name or id of a task")
export const CLASS: z.ZodOptional<z.ZodString> = z
  .string()
  .max(256)
  .optional()
  .describe("Hardware class; by default the one with most experiments")
export const OFFSET: z.ZodDefault<z.ZodNumber> = z
  .number()
  .int()
  .min(0)
  .default(0)
  .describe("Where to go on in a long text: the next_offset of the piece before")

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The fields that have a value. */
export function given<T extends object>(fields: T): Given<T> {
  // What is undefined was taken out, which the compiler does not see.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
