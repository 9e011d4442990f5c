export const GIB: number = 1024 ** 3

/** Bytes of artifacts that a node at home keeps, and a relay. */
export const HOME_ARTIFACT_QUOTA: number = 20 * GIB
export const RELAY_ARTIFACT_QUOTA: number = 200 * GIB

export function gib(bytes: number): string {
  return `${(bytes / GIB).toFixed(1)} GiB`
}
