import { testIdentity } from "@spore/testkit"
import * as fc from "fast-check"
import { parse } from "smol-toml"
import { describe, expect, test } from "vitest"
import { CONFIG_TEMPLATE, configKeys, parseConfig } from "../src/settings/config-file.ts"
import { configKey, type ConfigValue, withoutSetting, withSetting } from "../src/settings/edit.ts"

const words = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .map((text) => text.replaceAll(/[\ud800-\udfff]/g, "x"))
const wordList = fc.array(words, { maxLength: 3 })
const port = fc.integer({ min: 0, max: 65_535 })

/** Values that settings take, by key. */
const VALUES: Readonly<Record<string, fc.Arbitrary<ConfigValue>>> = {
  port,
  web_port: port,
  web_host: words,
  peers: wordList,
  announce: fc.array(
    words.map((text) => `/${text}`),
    { maxLength: 3 },
  ),
  lan: fc.boolean(),
  relay: fc.constantFrom("client", "none", "server"),
  resource: fc.integer({ min: 1, max: 100 }),
  artifact_quota: fc.double({ min: 0.001, max: 1000, noNaN: true }),
  "runner.gpu": fc.boolean(),
  "runner.python": words.map((text) => `/${text}`),
  "legacy.peers": fc.array(
    fc.integer({ min: 1, max: 99 }).map((n) => `host${n}:7470`),
    { maxLength: 3 },
  ),
  "verify.rate": fc.integer({ min: 1, max: 100 }),
  "verify.trusted": fc.constant([testIdentity(1).nodeId]),
  "research.agent_cmd": words.map((text) => `run ${text}"'\\#`),
  "research.max_cost": fc.double({ min: 0.001, max: 1000, noNaN: true }),
  "update.enabled": fc.boolean(),
  "limits.max_connections": fc.integer({ min: 1, max: 1_000_000 }),
  "limits.dial_ms": fc.integer({ min: 1, max: 2 ** 31 - 1 }),
}
const change = fc
  .constantFrom(...Object.keys(VALUES))
  .chain((key) => (VALUES[key] ?? port).map((value) => ({ key, value })))

/** Lines as people write them: comments that look like settings, odd spaces, quoted keys, values over several lines. */
const comment = fc.constantFrom(
  "",
  "# mine",
  "  # port = 7471, as at work",
  "# rate = 9",
  "#[limits]",
  "# [verify] below",
  '# "" \\ é',
)
const lineFor = (key: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      VALUES[key] ?? port,
      fc.constantFrom("plain", "quoted", "tight", "wide", "long"),
      fc.constantFrom("", " # why", "\t#x = 1"),
    )
    .map(([value, style, after]) => {
      const { name } = configKey(key)
      const text = Array.isArray(value) && style === "long" ? longList(value) : tomlText(value)
      const shownName = style === "quoted" ? `"${name}"` : name
      const equals = style === "tight" ? "=" : style === "wide" ? "   =\t " : " = "
      return `${style === "wide" ? "  " : ""}${shownName}${equals}${text}${after}`
    })

function tomlText(value: ConfigValue): string {
  if (typeof value === "number" && !Number.isInteger(value)) return value.toFixed(4)
  return JSON.stringify(value)
}

function longList(values: readonly string[]): string {
  return `[\n${values.map((one) => `  ${JSON.stringify(one)},\n`).join("")}]`
}

function block(keys: readonly string[]): fc.Arbitrary<string[]> {
  return fc
    .subarray([...keys])
    .chain((chosen) =>
      fc
        .tuple(
          fc.tuple(...chosen.map(lineFor)),
          fc.array(comment, { minLength: chosen.length + 1, maxLength: chosen.length + 1 }),
        )
        .map(([lines, notes]) => notes.flatMap((each, i) => [each, ...(lines[i] === undefined ? [] : [lines[i]])])),
    )
}

const TOP = Object.keys(VALUES).filter((key) => !key.includes("."))
const TABLES = ["runner", "legacy", "verify", "research", "limits", "update"]

/** A file of the user's own, or the template with some of its settings on. */
const file = fc.oneof(
  fc
    .tuple(
      block(TOP),
      fc
        .shuffledSubarray(TABLES)
        .chain((tables) =>
          fc.tuple(
            ...tables.map((table) =>
              block(Object.keys(VALUES).filter((key) => key.startsWith(`${table}.`))).map((lines) => [
                `[${table}]`,
                ...lines,
              ]),
            ),
          ),
        ),
      fc.constantFrom("\n", "\r\n"),
      fc.boolean(),
    )
    .map(
      ([top, tables, eol, isEnded]) =>
        [...top, ...tables.flat()].join("\n").replaceAll("\n", eol) + (isEnded ? eol : ""),
    ),
  fc
    .array(change, { maxLength: 4 })
    .map((changes) => changes.reduce((text, { key, value }) => written(text, key, value), CONFIG_TEMPLATE)),
)

function written(text: string, key: string, value: ConfigValue): string {
  const changed = withSetting(text, configKey(key), value)
  if (changed === null) throw new Error(`cannot set ${key} in ${text}`)
  return changed
}

/** Comments and their order; lines of the template that show a default come and go. */
function comments(text: string): string[] {
  const shown = new Set(CONFIG_TEMPLATE.split("\n").filter((each) => /^# (\w+ = |\[\w+\]$)/.test(each)))
  return text
    .split(/\r?\n/)
    .flatMap((each) => /#.*$/.exec(/^\s*#/.test(each) ? each : withoutStrings(each))?.[0].trimEnd() ?? [])
    .filter((each) => !shown.has(each))
}

function withoutStrings(line: string): string {
  return line.replaceAll(/"(\\.|[^"\\])*"/g, "")
}

/** All that a file sets, by key. */
function valuesIn(text: string): Map<string, unknown> {
  const top: Record<string, unknown> = parse(text)
  const entries = Object.entries(top).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([key, inside]): [string, unknown] => [`${name}.${key}`, inside])
      : [[name, value] satisfies [string, unknown]],
  )
  return new Map(entries)
}

describe("config.toml edited", () => {
  test("set, then read gives the value; everything else, comments and order stay", () => {
    fc.assert(
      fc.property(file, change, (text, { key, value }) => {
        const changed = written(text, key, value)
        expect(valuesIn(changed)).toEqual(new Map([...valuesIn(text), [key, value]]))
        expect(comments(changed)).toEqual(comments(text))
        expect(() => parseConfig(changed, "c")).not.toThrow()
        // Once more changes nothing but the value.
        expect(written(changed, key, value)).toBe(changed)
      }),
      { numRuns: 300 },
    )
  })

  test("unset leaves the default, and everything else as it is", () => {
    fc.assert(
      fc.property(file, fc.constantFrom(...Object.keys(VALUES)), (text, key) => {
        const changed = withoutSetting(text, configKey(key)) ?? "refused"
        const left = valuesIn(text)
        left.delete(key)
        expect(valuesIn(changed)).toEqual(left)
        const mentioned = changed.split("\n").join(" ")
        for (const each of comments(text)) expect(mentioned).toContain(each.trim())
      }),
      { numRuns: 300 },
    )
  })

  test.each(configKeys.filter((key) => CONFIG_TEMPLATE.includes(`\n# ${configKey(key).name} = `)))(
    "%s is set on the template's own line, and unset shows its default again",
    (key) => {
      const { table, name } = configKey(key)
      const shown = new RegExp(`^# ${name} = (.*)$`, "m").exec(CONFIG_TEMPLATE)?.[1] ?? ""
      const { v } = parse(`v = ${shown}`)
      const value = typeof v === "number" || typeof v === "boolean" ? v : typeof v === "string" ? v : ["/x"]
      const changed = written(CONFIG_TEMPLATE, key, value)
      expect(changed.split("\n")).toHaveLength(CONFIG_TEMPLATE.split("\n").length)
      const back = withoutSetting(changed, configKey(key))
      expect(back?.replace(`\n[${table}]\n`, `\n# [${table}]\n`)).toBe(
        table === "update" ? CONFIG_TEMPLATE.replace("\n[update]\n", "\n# [update]\n") : CONFIG_TEMPLATE,
      )
    },
  )

  test.each([
    ["an empty file", "", "port", 1, "port = 1\n"],
    ["an empty file", "", "verify.rate", 1, "[verify]\nrate = 1\n"],
    ["no line feed at the end", "port = 1", "resource", 2, "port = 1\nresource = 2\n"],
    ["tables alone", "# mine\n[runner]\ngpu = true\n", "port", 1, "port = 1\n# mine\n[runner]\ngpu = true\n"],
    [
      "dotted keys",
      "legacy.listen = ''\nport = 1\n",
      "legacy.peers",
      ["a:1"],
      "legacy.listen = ''\nport = 1\nlegacy.peers = [ \"a:1\" ]\n",
    ],
    ["a comment beside it", "port = 1   # home\n", "port", 2, "port = 2   # home\n"],
    [
      "settings behind a heading that is off",
      "# [verify]\nport = 1\n",
      "verify.rate",
      9,
      "# [verify]\nport = 1\n\n[verify]\nrate = 9\n",
    ],
    [
      "what looks like it inside a string",
      'web_host = """\nport = 3\n[verify]\n"""\n',
      "port",
      4,
      'web_host = """\nport = 3\n[verify]\n"""\nport = 4\n',
    ],
  ])("%s: %j, %s = %j", (_, text, key, value, expected) => {
    expect(withSetting(text, configKey(key), value)).toBe(expected)
  })

  test.each([
    ["a list with comments inside", 'peers = [\n  "a:1", # home\n]\n', "peers", ["b:1"]],
    ["a table in one line", "verify = { rate = 3 }\n", "verify.rate", 4],
  ])("%s is left to the user's own hand", (_, text, key, value) => {
    expect(withSetting(text, configKey(key), value)).toBeNull()
    expect(withoutSetting(text, configKey(key))).toBeNull()
  })
})
