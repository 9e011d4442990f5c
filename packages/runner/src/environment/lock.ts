/**
 * Lock files: pip's requirements format, cut down to packages pinned by version and hash. What pip gets is written anew
 * from what was read here, so that nothing else of a stranger's file reaches it.
 *
 * @packageDocumentation
 */
import { SporeError } from "@spore/records"

/** A package of a lock file. */
export interface LockedPackage {
  /** As pip compares them: lower case, `-` for runs of `-`, `_` and `.`. */
  readonly name: string
  readonly version: string
  /** Such as `python_version < "3.12"`; empty where it is always wanted. */
  readonly marker: string
  /** SHA-256 in hex of the files that will do, ascending. */
  readonly hashes: readonly string[]
}

/** `lock_refused`: a line of the lock is no package pinned by version and hash. */
export type LockErrorCode = "lock_refused"

const MAX_BYTES = 512 * 1024
const MAX_PACKAGES = 512
const MAX_HASHES = 512

const PACKAGE =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?)(?:\s*\[[A-Za-z0-9._,\s-]{0,200}\])?\s*==\s*([A-Za-z0-9][A-Za-z0-9.!+_-]{0,63})\s*(?:;\s*([A-Za-z0-9_.,'"<>=!~()\s-]{1,500}?))?\s*$/
/** pip takes options out of a line wherever they come. */
const OPTION = /(?:^|\s)-/
const HASH = /^--hash=sha256:([0-9a-f]{64})$/

/**
 * The packages of a lock file, in the order of their names. Addresses, paths, editable packages, options of pip and
 * whatever lacks a version or a SHA-256 are refused.
 *
 * @throws SporeError `lock_refused` naming the line
 */
export function parseLock(text: string): LockedPackage[] {
  if (Buffer.byteLength(text) > MAX_BYTES) throw refused(`it has more than ${MAX_BYTES} bytes`)
  const packages = logicalLines(text).map(({ line, number }) => parseLine(line, number))
  if (packages.length > MAX_PACKAGES) throw refused(`it names more than ${MAX_PACKAGES} packages`)
  return packages.toSorted((a, b) => compare(lineOf(a), lineOf(b)))
}

/** The packages as a lock file; the same for every way to write them. */
export function formatLock(packages: readonly LockedPackage[]): string {
  return packages.map((locked) => `${lineOf(locked)}\n`).join("")
}

function lineOf({ name, version, marker, hashes }: LockedPackage): string {
  const condition = marker === "" ? "" : ` ; ${marker}`
  return [`${name}==${version}${condition}`, ...hashes.map((hash) => `--hash=sha256:${hash}`)].join(" ")
}

interface Line {
  line: string
  /** Where it begins. */
  number: number
}

/** Lines joined where they end in a backslash, without comments and empty ones. */
function logicalLines(text: string): Line[] {
  const lines: Line[] = []
  let open: Line | null = null
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.replace(/(?:^|\s)#.*$/, "").trimEnd()
    const continues = content.endsWith("\\")
    const part = continues ? content.slice(0, -1) : content
    const joined: Line = open === null ? { line: part, number: index + 1 } : { ...open, line: `${open.line} ${part}` }
    open = continues ? joined : null
    if (!continues && joined.line.trim() !== "") lines.push({ ...joined, line: joined.line.trim() })
  }
  if (open !== null) throw refused(`line ${open.number}: it goes on after the end`)
  return lines
}

function parseLine(line: string, number: number): LockedPackage {
  const [what = "", ...options] = line.split(/\s+(?=--)/)
  const [, name, version, marker = ""] = PACKAGE.exec(what) ?? []
  if (name === undefined || version === undefined) {
    throw refused(`line ${number}: expected NAME==VERSION --hash=sha256:…, not ${JSON.stringify(what.slice(0, 80))}`)
  }
  if (OPTION.test(marker)) throw refused(`line ${number}: the marker of ${name} holds an option of pip`)
  const hashes = options.map((option) => HASH.exec(option)?.[1])
  if (hashes.length === 0) throw refused(`line ${number}: ${name} has no --hash=sha256:…`)
  if (hashes.length > MAX_HASHES) throw refused(`line ${number}: ${name} has more than ${MAX_HASHES} hashes`)
  const wrong = options.find((option) => !HASH.test(option))
  if (wrong !== undefined) {
    throw refused(`line ${number}: ${JSON.stringify(wrong.slice(0, 80))} is no --hash=sha256:…`)
  }
  return {
    name: name.toLowerCase().replaceAll(/[-_.]+/g, "-"),
    version,
    marker: marker.trim().replaceAll(/\s+/g, " "),
    hashes: [...new Set(hashes.filter((hash) => hash !== undefined))].toSorted(compare),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function refused(reason: string): SporeError<LockErrorCode> {
  return new SporeError("lock_refused", `the lock file cannot be used: ${reason}`, {
    next: "write it with: uv export --format requirements-txt, or pip-compile --generate-hashes",
  })
}
