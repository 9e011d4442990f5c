import { z } from "zod"

/** What bwrap tells about its sandbox on `--json-status-fd`: one JSON object a line. */
export interface StatusReader {
  push: (chunk: Buffer) => void
  /** Host pid of the sandbox's pid 1; null until it exists. */
  childPid(): number | null
  /** Null while it runs, and for good where the sandbox failed to start. */
  exitCode(): number | null
}

const statusSchema = z.object({
  "child-pid": z.number().int().positive().optional(),
  "exit-code": z.number().int().optional(),
})

export function createStatusReader(): StatusReader {
  let text = ""
  let childPid: number | null = null
  let exitCode: number | null = null
  return {
    push(chunk) {
      text += chunk.toString()
      const lines = text.split("\n")
      text = lines.pop() ?? ""
      for (const line of lines) {
        const status = statusSchema.safeParse(parseJson(line)).data
        childPid = status?.["child-pid"] ?? childPid
        exitCode = status?.["exit-code"] ?? exitCode
      }
    },
    childPid: () => childPid,
    exitCode: () => exitCode,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
