/**
 * Which process is which, and files by which one claims something for as long as it lives.
 *
 * @packageDocumentation
 */
export { claimFile, type Claimed, type FileClaim, findClaim } from "./claim-file.ts"
export { identityOf, isAlive, ownIdentity, type ProcessIdentity } from "./identity.ts"
