import type { NewestRelease } from "@spore/api/client"
import type { VersionState } from "@spore/operator"
import { compareVersions } from "@spore/operator/launch"
import { plain } from "../output/plain.ts"

/** What decides about a release. */
export interface Here {
  /** What runs. */
  readonly version: string
  /** Of Node.js. */
  readonly node: string
  readonly state: Pick<VersionState, "refused">
}

/** What runs from now on where `version` runs now: what another process of this user found good counts too. */
export function runsNext(version: string, { current, refused }: Pick<VersionState, "current" | "refused">): string {
  if (current === null || Object.hasOwn(refused, current)) return version
  return compareVersions(current, version) > 0 || Object.hasOwn(refused, version) ? current : version
}

/** The same, where `version` may be on trial itself: what was found good before it counts then. */
export function settledVersion(
  version: string,
  builtIn: string,
  state: Pick<VersionState, "current" | "refused" | "trial">,
): string {
  return runsNext(version === state.trial?.version ? builtIn : version, state)
}

/** Whether a process that runs `version` is to end, so that another goes on: a newer one, or the one before. */
export function isSuperseded(version: string, state: Pick<VersionState, "current" | "refused">): boolean {
  return Object.hasOwn(state.refused, version) || runsNext(version, state) !== version
}

/** Whether a version is refused because its user went back from it. */
export function wentBackFrom(
  version: string,
  history: readonly { readonly version: string; readonly event: string }[],
): boolean {
  const last = history.findLast((entry) => entry.version === version && VERDICTS.has(entry.event))
  return last?.event === "rolled_back"
}

const VERDICTS = new Set(["rejected", "rolled_back"])

/** Whether a release is taken here, and why not. */
export function standingOf(
  release: { readonly version: string; readonly node: string },
  { version, node, state }: Here,
): Pick<NewestRelease, "standing" | "reason"> {
  if (compareVersions(release.version, version) <= 0) return { standing: "current", reason: null }
  const refused = state.refused[release.version]
  if (refused !== undefined) return { standing: "refused", reason: plain(refused.reason) }
  if (compareVersions(release.node, node) > 0) {
    return { standing: "needs_node", reason: `it needs Node.js ${release.node}, this is ${node}` }
  }
  return { standing: "newer", reason: null }
}
