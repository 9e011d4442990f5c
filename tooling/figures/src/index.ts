/**
 * Figures with their bars, as benchmarks and simulations report them.
 *
 * @packageDocumentation
 */
export * from "./row.ts"
export * from "./table.ts"
