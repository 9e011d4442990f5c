/**
 * The instruction set as a value for `runtime.isa`: the highest level whose features the processor has all, then those
 * extensions that numeric code picks its kernels by. docs/spec/07-derived-state.md (7.1.1) has the rules.
 *
 * @packageDocumentation
 */

type Level = readonly [name: string, features: readonly string[]]

/** The levels of the x86-64 psABI, by the kernel's names of the flags. */
const X86: readonly Level[] = [
  ["x86-64", []],
  ["x86-64-v2", ["cx16", "lahf_lm", "popcnt", "pni", "ssse3", "sse4_1", "sse4_2"]],
  ["x86-64-v3", ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"]],
  ["x86-64-v4", ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]],
]
const X86_EXTENSIONS: readonly string[] = ["amx_tile"]

/** The versions of the A profile, by features that each made mandatory and that Linux shows. */
const ARM: readonly Level[] = [
  ["armv8-a", []],
  ["armv8.1-a", ["atomics", "asimdrdm"]],
  ["armv8.2-a", ["dcpop"]],
  ["armv8.3-a", ["jscvt", "fcma", "lrcpc"]],
  ["armv8.4-a", ["asimddp", "dit", "uscat", "ilrcpc", "flagm"]],
  ["armv8.5-a", ["sb", "frint", "flagm2", "dcpodp"]],
  ["armv8.6-a", ["bf16", "i8mm"]],
]
/** The first of each list that is there. */
const ARM_EXTENSIONS: readonly (readonly string[])[] = [
  ["sve2", "sve"],
  ["sme2", "sme"],
]

/** macOS's names of the same features, where they differ from the kernel's. */
const MACOS: Readonly<Record<string, string>> = {
  sse3: "pni",
  avx1_0: "avx",
  lzcnt: "abm",
  lahf: "lahf_lm",
  feat_lse: "atomics",
  feat_rdm: "asimdrdm",
  feat_dpb: "dcpop",
  feat_jscvt: "jscvt",
  feat_fcma: "fcma",
  feat_lrcpc: "lrcpc",
  feat_dotprod: "asimddp",
  feat_dit: "dit",
  feat_lse2: "uscat",
  feat_lrcpc2: "ilrcpc",
  feat_flagm: "flagm",
  feat_sb: "sb",
  feat_frintts: "frint",
  feat_flagm2: "flagm2",
  feat_dpb2: "dcpodp",
  feat_bf16: "bf16",
  feat_i8mm: "i8mm",
  feat_sme: "sme",
  feat_sme2: "sme2",
}

/** Null for a processor of another kind than `arch`, Node's name, can be told of. */
export function isaOf(arch: string, features: ReadonlySet<string>): string | null {
  if (features.size === 0) return null
  if (arch === "x64") {
    const extensions = X86_EXTENSIONS.filter((name) => features.has(name)).map((name) => name.replace(/_.*$/, ""))
    return [highest(X86, features), ...extensions].join("+")
  }
  if (arch !== "arm64") return null
  const extensions = ARM_EXTENSIONS.flatMap((names) => names.find((name) => features.has(name)) ?? [])
  return [highest(ARM, features), ...extensions].join("+")
}

/** The features that every processor of /proc/cpuinfo has: a program may run on any of them. */
export function featuresOfCpuinfo(text: string): ReadonlySet<string> {
  const [first, ...others] = [...text.matchAll(/^(?:flags|Features)[ \t]*:[ \t]*(.*)$/gm)].map(
    ([, flags = ""]) => new Set(flags.trim().split(/\s+/)),
  )
  return others.reduce((common, flags) => new Set([...common].filter((flag) => flags.has(flag))), first ?? new Set())
}

/** The features in what `sysctl machdep.cpu hw.optional` prints, by the kernel's names. */
export function featuresOfSysctl(text: string): ReadonlySet<string> {
  const intel = [...text.matchAll(/^machdep\.cpu\.\w*features: (.*)$/gm)].flatMap(([, flags = ""]) =>
    flags.trim().split(/\s+/),
  )
  const apple = [...text.matchAll(/^hw\.optional\.arm\.(\w+): 1$/gm)].map(([, name = ""]) => name)
  return new Set(
    [...intel, ...apple].map((name) => name.toLowerCase().replaceAll(".", "_")).map((name) => MACOS[name] ?? name),
  )
}

function highest(levels: readonly Level[], features: ReadonlySet<string>): string {
  let name = ""
  for (const [level, needed] of levels) {
    if (!needed.every((feature) => features.has(feature))) break
    name = level
  }
  return name
}
