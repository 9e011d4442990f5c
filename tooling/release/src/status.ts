import { DAY_SECONDS } from "./document.ts"
import { ROLES } from "./keys.ts"
import type { Current } from "./repository.ts"

/** What is published, for people: a line for each role. */
export function statusOf(current: Current, now: number): string[] {
  return ROLES.map((role) => {
    const { version, expires } = current[role].signed
    const days = (Date.parse(expires) - now) / (DAY_SECONDS * 1000)
    const keys = current.root.signed.roles[role]
    const signers = `${keys?.threshold} of ${keys?.keyIDs.length} ${keys?.keyIDs.length === 1 ? "key" : "keys"}`
    const left = days < 0 ? "EXPIRED" : `${days.toFixed(1)} days left`
    return `${role.padEnd(9)}  version ${version}  until ${expires}  ${left}  ${signers}`
  })
}
