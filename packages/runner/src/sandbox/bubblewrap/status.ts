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

/** User and system seconds of the ended children, from the second line of the shell's `times`; null where it is missing. */
export function readCpuSeconds(times: string): number | null {
  const [, children = ""] = times.split("\n")
  const spent = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  )
  return spent.length === 2 ? spent.reduce((total, part) => total + part, 0) : null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
