import { spawn, spawnSync } from "node:child_process"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { nanCases, nanModule } from "./nan.ts"
import { randomModule } from "./random-module.ts"
import { type TierJob, type TierResult, tierResults } from "./tier-jobs.ts"
import { kernel, wat } from "./wat.ts"

const PROGRAM = fileURLToPath(new URL("tier-run.ts", import.meta.url))

const TIERS: Record<string, string[]> = {
  "as it comes": [],
  "the baseline compiler": ["--liftoff-only"],
  "the optimising compiler": ["--no-liftoff"],
  "the optimising compiler, with the host's stack halved": ["--no-liftoff", "--stack-size=492"],
  "the baseline compiler, with the host's stack halved": ["--liftoff-only", "--stack-size=492"],
  "tiering up at once": ["--wasm-tier-up", "--no-wasm-dynamic-tiering"],
  "without inlining": ["--no-liftoff", "--no-wasm-inlining"],
  "the interpreter": ["--jitless", "--wasm-jitless"],
}

const hasWasm = (flags: string[]): boolean =>
  spawnSync(process.execPath, [...flags, "-e", "new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0]))"])
    .status === 0

async function run(flags: string[], given: TierJob[]): Promise<TierResult[]> {
  const child = spawn(process.execPath, [...flags, PROGRAM], { stdio: ["pipe", "pipe", "inherit"] })
  child.stdin.end(JSON.stringify(given))
  return tierResults.parse(JSON.parse(await text(child.stdout)))
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")

/** Frames as wide as they get: all values are alive across the call. */
function wideRecursion(type: "i64" | "f64" | "v128", locals: number, operands: number): string {
  const value =
    type === "v128"
      ? "(i64x2.splat (i64.extend_i32_u (local.get $n)))"
      : type === "f64"
        ? "(f64.convert_i32_u (local.get $n))"
        : "(i64.extend_i32_u (local.get $n))"
  const add = type === "v128" ? "i64x2.add" : `${type}.add`
  const names = Array.from({ length: locals }, (_, index) => `$x${index}`)
  const given = type === "v128" ? "" : ` (param $p ${type})`
  return `(module (memory 1)
    (func $down${given} (param $n i32) (result ${type}) ${names.map((name) => `(local ${name} ${type})`).join(" ")}
      (i32.store (i32.const 0) (local.get $n))
      ${names.map((name) => `(local.set ${name} (${add} ${value} ${value}))`).join(" ")}
      ${`${value} `.repeat(operands)}
      ${type === "v128" ? "" : value} (i32.add (local.get $n) (i32.const 1)) call $down
      ${`${add} `.repeat(operands)}
      ${names.map((name) => `(local.get ${name}) ${add}`).join(" ")})
    (func (export "run") (drop (call $down ${type === "i64" ? "(i64.const 1)" : type === "f64" ? "(f64.const 1)" : ""} (i32.const 0)))))`
}

async function jobs(): Promise<TierJob[]> {
  const kernels = await Promise.all(
    [["matmul", 40] as const, ["fft", 1024] as const, ["sort", 5000] as const].map(async ([name, n]) => ({
      bytes: base64(await kernel(name)),
      fuel: 1e9,
      calls: [
        ["fill", n],
        ["run", n],
      ] satisfies TierJob["calls"],
      rounds: 8,
    })),
  )
  const random = Array.from({ length: 60 }, (_, index): TierJob => ({
    bytes: base64(wat(randomModule({ seed: 7919 * (index + 1), seesBits: true }))),
    fuel: index % 3 === 0 ? 2000 : 1e9,
    calls: [
      ["run", index, `${index * 1e9}`, index / 7],
      ["run", -index, "-1", -1e300],
    ],
    rounds: 12,
  }))
  const nan: TierJob = {
    bytes: base64(wat(nanModule)),
    fuel: 1e9,
    calls: nanCases.map((_, index) => [`case${index}`]),
    rounds: 20,
  }
  const deep = [
    '(module (func $down (export "run") (call $down)))',
    ...(["i64", "f64", "v128"] as const).flatMap((type) => [
      wideRecursion(type, 1, 0),
      wideRecursion(type, 300, 0),
      wideRecursion(type, 0, 300),
      wideRecursion(type, 3000, 500),
    ]),
  ].map((module): TierJob => ({ bytes: base64(wat(module)), fuel: 1e9, calls: [["run"]], rounds: 1 }))
  return [...kernels, ...random, nan, ...deep]
}

describe("every tier of the engine", async () => {
  const all = await jobs()
  const expected = await run([], all)

  it("was asked something", () => {
    const reasons = expected.map(({ results }) => results.at(-1))
    expect(reasons.filter((reason) => reason === "depth").length).toBe(13)
    expect(reasons.filter((reason) => reason === "fuel").length).toBeGreaterThan(5)
    expect(new Set(expected.map(({ hash }) => hash)).size).toBeGreaterThan(30)
  })

  for (const [name, flags] of Object.entries(TIERS)) {
    const skipped = !hasWasm(flags)
    const why = skipped ? ` (skipped: this Node has no WebAssembly with ${flags.join(" ")})` : ""
    it.skipIf(skipped)(`gives the same results, fuel and hash: ${name}${why}`, async () => {
      expect(await run(flags, all)).toEqual(expected)
    })
  }
})
