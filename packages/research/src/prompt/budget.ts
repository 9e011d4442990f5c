import { cut, type Keep } from "./cut.ts"
import { fenceBytes, type Part } from "./fence.ts"

/**
 * What of a prompt's bytes is kept for each group of parts, in percent, the most useful first. What a group does not
 * need goes to those that need more, in this order. `files` has only what is left.
 */
export const SHARES = {
  task: 10,
  code: 44,
  refused: 4,
  parent: 8,
  failures: 10,
  readme: 8,
  lineage: 4,
  frontier: 3,
  siblings: 4,
  "dead ends": 3,
  claims: 2,
  files: 0,
} as const

export type Group = keyof typeof SHARES

const GROUPS = Object.keys(SHARES).filter((name): name is Group => name in SHARES)

/** A part of any length. */
export interface Draft extends Part {
  readonly group: Group
  /** What stays where it is too long. */
  readonly keep: Keep
}

/** Cuts drafts so that they take at most `bytes` bytes with their fences. What has no room at all is left out. */
export function fit(drafts: readonly Draft[], bytes: number): Part[] {
  const needs = new Map(GROUPS.map((group) => [group, sum(ofGroup(drafts, group).map(sizeOf))]))
  const given = new Map(GROUPS.map((group) => [group, Math.min(needs.get(group) ?? 0, (bytes * SHARES[group]) / 100)]))
  let left = bytes - sum([...given.values()])
  for (const group of GROUPS) {
    const more = Math.min(left, (needs.get(group) ?? 0) - (given.get(group) ?? 0))
    given.set(group, (given.get(group) ?? 0) + more)
    left -= more
  }
  return GROUPS.flatMap((group) => fitGroup(ofGroup(drafts, group), given.get(group) ?? 0))
}

/** The same bytes for each that needs them, and what others leave. */
function fitGroup(drafts: readonly Draft[], bytes: number): Part[] {
  const room = new Map<Draft, number>()
  let left = bytes
  for (const [i, draft] of drafts.toSorted((a, b) => sizeOf(a) - sizeOf(b)).entries()) {
    const share = Math.min(sizeOf(draft), left / (drafts.length - i))
    room.set(draft, share)
    left -= share
  }
  return drafts.flatMap((draft) => {
    const { label, keep } = draft
    const text = cut(draft.text, Math.max(0, Math.floor((room.get(draft) ?? 0) - fenceBytes(label))), keep)
    return text === "" ? [] : [{ label, text }]
  })
}

function ofGroup(drafts: readonly Draft[], group: Group): Draft[] {
  return drafts.filter((draft) => draft.group === group)
}

function sizeOf({ label, text }: Draft): number {
  return Buffer.byteLength(text) + fenceBytes(label)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
