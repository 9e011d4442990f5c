import { ALLOW, ARGUMENT_RULES, type ArgumentRule, DENIED, REPLACED } from "../bubblewrap/seccomp.ts"

interface Condition {
  index: number
  value: number
  valueTwo?: number
  op: "SCMP_CMP_EQ" | "SCMP_CMP_GT" | "SCMP_CMP_MASKED_EQ"
}

interface Rule {
  names: string[]
  action: "SCMP_ACT_ERRNO"
  errnoRet: number
  args?: Condition[]
}

const EPERM = 1
const LOWER = 0xffffffff
/** What a container is left: the engine counts what it takes. */
const KEPT: ReadonlySet<string> = new Set(["fallocate"])
const ARCHITECTURES: Record<string, string> = { x64: "SCMP_ARCH_X86_64", arm64: "SCMP_ARCH_AARCH64" }
/** Beyond, the values that are not allowed are too many to list. */
const MAX_LISTED = 64

/**
 * The same refusals as in bubblewrap, in the form that container engines read: podman's own profile lets programs make
 * user namespaces.
 */
export function seccompProfile(arch: string): string {
  const architecture = ARCHITECTURES[arch]
  const rules: Rule[] = [
    refusal(Object.keys(DENIED), EPERM),
    ...Object.entries(REPLACED).flatMap(([name, { error }]) =>
      KEPT.has(name) ? [] : [refusal([name], errorIn(error))],
    ),
    ...ARGUMENT_RULES.flatMap((rule) =>
      conditionsOf(rule).map((condition) => refusal([rule.name], errnoOf(rule), [condition])),
    ),
  ]
  return JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    ...(architecture === undefined ? {} : { architectures: [architecture] }),
    syscalls: rules,
  })
}

function refusal(names: string[], errnoRet: number, args?: Condition[]): Rule {
  return { names, action: "SCMP_ACT_ERRNO", errnoRet, ...(args === undefined ? {} : { args }) }
}

/** When a rule refuses: any one of these. */
function conditionsOf({ argument: index, compare, values, onMatch }: ArgumentRule): Condition[] {
  if (compare === "has bits") {
    return values.flatMap(bitsOf).map((bit) => ({ index, value: bit, valueTwo: bit, op: "SCMP_CMP_MASKED_EQ" }))
  }
  // the kernel looks at the lower half alone
  if (onMatch !== ALLOW) return values.map((valueTwo) => ({ index, value: LOWER, valueTwo, op: "SCMP_CMP_MASKED_EQ" }))
  const highest = Math.max(...values)
  if (highest > MAX_LISTED) return []
  const others = Array.from({ length: highest }, (_, value) => value).filter((value) => !values.includes(value))
  return [
    ...others.map((value): Condition => ({ index, value, op: "SCMP_CMP_EQ" })),
    { index, value: highest, op: "SCMP_CMP_GT" },
  ]
}

function bitsOf(mask: number): number[] {
  return Array.from({ length: 32 }, (_, i) => 2 ** i).filter((bit) => (mask & bit) !== 0)
}

/** The error is in the low half of the filter's answer. */
function errnoOf({ onMatch, otherwise }: ArgumentRule): number {
  return errorIn(onMatch === ALLOW ? otherwise : onMatch)
}

function errorIn(answer: number): number {
  return answer & 0xffff
}
