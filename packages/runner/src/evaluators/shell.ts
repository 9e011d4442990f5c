/** The shell that a script's first line asks for, as a job names it. */
export function shellFor(script: Uint8Array | undefined): string {
  const [firstLine = ""] = new TextDecoder().decode(script?.subarray(0, 256)).split("\n", 1)
  return /^#!.*\bbash\b/.test(firstLine) ? "/bin/bash" : "sh"
}
