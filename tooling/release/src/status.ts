import type { Release } from "@spore/operator"
import { DAY_SECONDS } from "./document.ts"
import { ROLES } from "./keys.ts"
import type { Current } from "./repository.ts"

/** The newest release, for people. */
export function newestOf(release: Release | null): string {
  if (release === null) return "release    none yet"
  const { version, released, node, database, instructions } = release
  const does = instructions.map((one) => one.do).join(", ")
  const at = new Date(released * 1000).toISOString()
  return `release    ${version}  of ${at}  Node.js ${node}  database ${database}${does === "" ? "" : `  ${does}`}`
}

/** What is signed, for people: a line for each role. */
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
