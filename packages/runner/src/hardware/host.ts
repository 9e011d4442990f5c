import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { cpus } from "node:os"

/** What detection asks of the machine. */
export interface Host {
  readonly platform: string
  /** As Node names it. */
  readonly arch: string
  /** The processor's brand as the operating system gives it. */
  readonly cpuBrand: string
  /** A file's text; null where it cannot be read. */
  read(path: string): string | null
  /** Names in a folder, those with numbers in the numbers' order; none where it cannot be read. */
  list(path: string): string[]
  /** What a program prints; null where it is missing, fails or takes longer than 5 seconds. */
  run(program: string, ...args: string[]): string | null
}

const TIMEOUT_MS = 5000

/** The machine that this process runs on. */
export const thisHost: Host = {
  platform: process.platform,
  arch: process.arch,
  get cpuBrand() {
    return cpus()[0]?.model ?? ""
  },
  read: (path) => {
    try {
      return readFileSync(path, "utf8")
    } catch {
      return null
    }
  },
  list: (path) => {
    try {
      return readdirSync(path).toSorted((a, b) => a.localeCompare(b, "en", { numeric: true }))
    } catch {
      return []
    }
  },
  run: (program, ...args) => {
    try {
      return execFileSync(program, args, { encoding: "utf8", timeout: TIMEOUT_MS, stdio: ["ignore", "pipe", "ignore"] })
    } catch {
      return null
    }
  },
}
