import { bytesEqual } from "@spore/records"
import type { FileTree } from "@spore/records/artifacts"
import { diffArrays } from "diff"

/**
 * What a candidate changes of its parent, as a bag: each token taken out, by where it stood, and each token put in. Equal
 * numbers are equal tokens however they are written; white space counts at the beginning of a line alone.
 */
export type Change = ReadonlyMap<string, number>

/** Lines that differ beyond this number are not matched up: the file counts as written anew. */
const MOST_EDITS = 400
const TOKEN = /0x[\da-f]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?|[\p{L}_$][\p{L}\p{N}_$]*|[^\s\p{L}\p{N}_$]/giu

export function changeOf(parent: FileTree, files: FileTree): Change {
  const bag = new Map<string, number>()
  for (const path of new Set([...parent.keys(), ...files.keys()])) {
    const [before, after] = [parent.get(path), files.get(path)]
    if (before !== undefined && after !== undefined && bytesEqual(before, after)) continue
    addEdits(bag, path, linesOf(before), linesOf(after))
  }
  return bag
}

/** 0 to 1: what two changes of one parent have in common, of both together (Sørensen and Dice, over bags). */
export function similarity(a: Change, b: Change): number {
  const total = sizeOf(a) + sizeOf(b)
  if (total === 0) return 1
  let common = 0
  for (const [edit, count] of a) common += Math.min(count, b.get(edit) ?? 0)
  return (2 * common) / total
}

/** The tokens of a text, in order. */
export function tokensOf(text: string): string[] {
  return (text.match(TOKEN) ?? []).map((token) => {
    const value = /^[.\d]/.test(token) ? Number(token.replaceAll("_", "")) : Number.NaN
    return Number.isFinite(value) ? String(value) : token
  })
}

/** How many of each there are. */
export function bagOf(tokens: readonly string[]): Map<string, number> {
  const bag = new Map<string, number>()
  for (const token of tokens) put(bag, token)
  return bag
}

function sizeOf(bag: Change): number {
  let size = 0
  for (const times of bag.values()) size += times
  return size
}

function addEdits(bag: Map<string, number>, path: string, before: readonly string[], after: readonly string[]): void {
  const parts = diffArrays([...before], [...after], { maxEditLength: MOST_EDITS }) ?? [
    { value: [...before], removed: true, added: false },
    { value: [...after], removed: false, added: true },
  ]
  let line = 0
  let removed: string[] = []
  let added: string[] = []
  const flush = (): void => {
    addHunk(bag, path, line - removed.length, removed, added)
    removed = []
    added = []
  }
  for (const part of parts) {
    // Not spread into `push`: a hostile file has more lines than a call takes arguments.
    if (part.added) for (const text of part.value) added.push(text)
    else {
      if (!part.removed) flush()
      line += part.value.length
      if (part.removed) for (const text of part.value) removed.push(text)
    }
  }
  flush()
}

/** Tokens that a hunk takes out and puts in again are no change. */
function addHunk(
  bag: Map<string, number>,
  path: string,
  start: number,
  removed: readonly string[],
  added: readonly string[],
): void {
  const back = bagOf(added.flatMap(lineTokens))
  for (const [i, text] of removed.entries()) {
    for (const token of lineTokens(text)) {
      const left = back.get(token) ?? 0
      if (left > 0) back.set(token, left - 1)
      else put(bag, `-${path}:${start + i}:${token}`)
    }
  }
  for (const [token, times] of back) if (times > 0) put(bag, `+${path}:${token}`, times)
}

/** Indentation is a token: to Python it is code. */
function lineTokens(line: string): string[] {
  const tokens = tokensOf(line)
  return tokens.length === 0 ? [] : [/^\s*/.exec(line)?.[0] ?? "", ...tokens]
}

function put(bag: Map<string, number>, key: string, times = 1): void {
  bag.set(key, (bag.get(key) ?? 0) + times)
}

function linesOf(content: Uint8Array | undefined): string[] {
  return content === undefined ? [] : new TextDecoder().decode(content).split("\n")
}
