import type { ProfileRow } from "@spore/dag"
import type { Output } from "../context.ts"
import { formatTime } from "./format.ts"
import { printFields } from "./table.ts"

/** Prints a profile; its words are the key holder's own. */
export function printProfile(output: Output, profile: ProfileRow): void {
  const words = [
    ["display name", profile.displayName],
    ["bio", profile.bio],
    ["website", profile.website],
    ["avatar", profile.avatarUrl],
    ["donations", profile.donationAddress],
  ] as const
  printFields(output, [
    ["node", profile.nodeId],
    ...words.map(([name, value]) => [name, value === "" ? "–" : value] as const),
    ["signed", formatTime(profile.created)],
  ])
}
