/**
 * Packages as others get them, for tests.
 *
 * @packageDocumentation
 */
export { packCli, type PackCliInit } from "./pack-cli.ts"
