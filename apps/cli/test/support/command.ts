import type { CommandModule, Context } from "../../src/context.ts"
import { jsonObject } from "./match.ts"
import { fakeTerminal } from "./terminal.ts"

/** What a command prints on a data folder, without the cost of a process. */
export interface CommandOutput {
  /** On a terminal of so many columns. */
  onTerminal(columns: number): Promise<string[]>
  /** In a pipe: tab-separated. */
  piped(): Promise<string[]>
  json(): Promise<Record<string, unknown>>
  /** With `--json`, as text. */
  jsonLines(): Promise<string[]>
}

export function command(
  dataDir: string,
  run: CommandModule["run"],
  args: readonly string[] = [],
  options: object = {},
): CommandOutput {
  const lines = async (json: boolean, columns: number | null): Promise<string[]> => {
    const printed: string[] = []
    const print = (line: string): void => void printed.push(line)
    const output = {
      ...fakeTerminal(columns ?? 80).output,
      isTerminal: columns !== null,
      print,
      tell: print,
    }
    const context: Context = { env: {}, dataDir, json, version: "0.0.0", output }
    await run(context, { args, options })
    return printed
  }
  return {
    onTerminal: (columns) => lines(false, columns),
    piped: () => lines(false, null),
    jsonLines: () => lines(true, null),
    json: async () => jsonObject((await lines(true, null))[0] ?? ""),
  }
}
